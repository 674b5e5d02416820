/*
 * The orderly end: not ready, wait for balancers, end connections with their next answer, take
 * nothing new, answer what is in flight.
 */
#ifndef TIDEGATE_INGESTOR_DRAIN_H
#define TIDEGATE_INGESTOR_DRAIN_H

#include <stdint.h>

#include "ingestor/http/server.h"
#include "ingestor/service.h"

struct drain_result {
    uint32_t purged;  /* requests that were answered unknown or not taken because time ran out */
    uint32_t cut_off; /* requests that got no answer */
    int64_t queued;   /* events that the producer still held */
};

/* Afterwards no request waits for Kafka, so that server_stop may be called. A further SIGTERM ends
 * the delay at once, or the waiting for Kafka. Blocks for http.drain_delay, then up to
 * http.drain_timeout and some seconds. Thread: main. */
void drain_run(struct service *service, struct server *server, struct drain_result *result);

#endif

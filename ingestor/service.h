/*
 * What all threads of the process share: the parts that app.c builds before the first thread runs,
 * and a few numbers that one thread writes and others read.
 */
#ifndef TIDEGATE_INGESTOR_SERVICE_H
#define TIDEGATE_INGESTOR_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/metrics.h"
#include "common/contract/contract.h"
#include "common/io/kafka_producer.h"
#include "ingestor/auth/apikey.h"
#include "ingestor/auth/jwks_source.h"
#include "ingestor/auth/jwt.h"
#include "ingestor/conf.h"
#include "ingestor/http/body.h"
#include "ingestor/http/router.h"

struct service {
    /* immutable once threads run */
    const struct ingestor_conf *conf;
    const struct contract_set *contracts;
    char **topics;           /* by contract, then that of rejected events: the producer's index */
    size_t default_contract; /* index: of POST /v1/events */
    const struct apikeys *keys;
    struct jwks_source *jwks; /* NULL: no tokens are taken; has its own lock */
    struct jwt_rules jwt;     /* of tokens; its texts are those of conf */
    const struct route *routes;
    size_t n_routes;
    struct metrics *metrics;
    struct kafka_producer *producer;

    size_t n_loops;           /* http threads */
    int64_t connection_limit; /* what the system allows of http.connection_limit */

    struct body_budget bodies; /* any thread */

    /* written by one thread, read by all */
    _Atomic bool stopping;       /* main: not ready any more, still serving */
    _Atomic bool expire_all;     /* main: every waiting request is past its deadline */
    _Atomic bool closing;        /* main: each answer ends its connection */
    _Atomic bool draining;       /* main: nothing new is taken */
    _Atomic bool *topic_ready;   /* main: as topics, whether it exists */
    _Atomic bool kafka_up;       /* main: the cluster answered lately */
    _Atomic uint64_t drain_rate; /* delivery: reports a second, smoothed */
    _Atomic int64_t queued;      /* delivery: events that the producer holds */
};

/* Index of a contract by name, or contracts->n when there is none. Thread: any. */
size_t service_find_contract(const struct service *s, struct str name);

/* Seconds after which a refused client may come again, jittered by random. Thread: any. */
unsigned service_retry_after(const struct service *s, uint64_t random);

#endif

/*
 * Internal to kafka_producer: one librdkafka instance with what hangs on it.
 */
#ifndef TIDEGATE_IO_KAFKA_PRODUCER_INTERNAL_H
#define TIDEGATE_IO_KAFKA_PRODUCER_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/kafka_producer.h"

struct kafka_handle {
    rd_kafka_t *rk; /* NULL while closed, as the others */
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t **topics;
    size_t n_topics;
};

/* h zeroed. 0, or -1 with e and h closed. Does not wait for a broker. */
int kafka_handle_open(struct kafka_handle *h, const struct kafka_producer_conf *conf,
                      struct err *e) MUST_CHECK;

/* Blocks until the library's threads have ended. A closed one is allowed. */
void kafka_handle_close(struct kafka_handle *h);

#endif

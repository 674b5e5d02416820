/*
 * Topics of a Kafka cluster: look them up, create them. For start-up and tools, not for hot paths.
 */
#ifndef TIDEGATE_IO_KAFKA_ADMIN_H
#define TIDEGATE_IO_KAFKA_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

struct kafka_admin;

/* Connects lazily. settings: "key=value,key=value" of librdkafka or NULL. NULL with e. */
struct kafka_admin *kafka_admin_new(const char *brokers, const char *client_id,
                                    const char *settings, struct err *e) MUST_CHECK;
void kafka_admin_free(struct kafka_admin *a); /* NULL is allowed; may block for a second */

/* Number of partitions of topic name, 0 when it does not exist. 0, or -1 with e. Blocks up to
 * timeout_ms. */
int kafka_admin_partitions(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                           int32_t *partitions, struct err *e) MUST_CHECK;

struct kafka_topic_plan {
    const char *name;
    int32_t partitions;
    int32_t replication;             /* -1: the broker's default */
    const char *const (*configs)[2]; /* pairs of name and value, or NULL */
    size_t n_configs;
};

/* Creates one topic. *created is false when it exists already. 0, or -1 with e. Blocks up to
 * timeout_ms. */
int kafka_admin_create(struct kafka_admin *a, const struct kafka_topic_plan *plan,
                       int64_t timeout_ms, bool *created, struct err *e) MUST_CHECK;

#endif

/*
 * What the kafka_*.c files share. Internal to common/io: it shows types of librdkafka, so nobody
 * else includes it.
 */
#ifndef TIDEGATE_IO_KAFKA_INTERNAL_H
#define TIDEGATE_IO_KAFKA_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include <librdkafka/rdkafka.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

struct kafka_setting {
    const char *name; /* librdkafka property */
    const char *value;
};

/* A configuration with our logger and the connection settings that every client has (brokers,
 * client id, TCP, reconnect). NULL with e. Owned by the caller until rd_kafka_new takes it. */
rd_kafka_conf_t *kafka_conf_new(const char *brokers, const char *client_id,
                                struct err *e) MUST_CHECK;

/* Sets n properties. 0, or -1 with e (ERR_CONFIG names the property). */
int kafka_conf_set(rd_kafka_conf_t *conf, const struct kafka_setting *settings, size_t n,
                   struct err *e) MUST_CHECK;

/* Sets "key=value,key=value" as a person wrote it (sasl, tls, fetch sizes). NULL and "" are
 * allowed. 0, or -1 with e; values are not quoted in it, they may be secrets. */
int kafka_conf_set_text(rd_kafka_conf_t *conf, const char *text, struct err *e) MUST_CHECK;

/* Creates a handle; conf is taken in every case. NULL with e. */
rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e) MUST_CHECK;

/* Number of partitions of a topic, 0 when it does not exist. 0, or -1 with e. Blocks up to
 * timeout_ms. Thread: any. */
int kafka_partitions_of(rd_kafka_t *rk, const char *topic, int64_t timeout_ms, int32_t *partitions,
                        struct err *e) MUST_CHECK;

/* Our error code for one of librdkafka. */
enum err_code kafka_err_code(rd_kafka_resp_err_t code);

#endif

/*
 * The one Kafka producer of a process (librdkafka): idempotent, acks=all, key-hashed like Java's
 * client. Messages are copied on send; each message that was taken gets exactly one report.
 *
 * A fatal error of the library (it then refuses everything for ever) is healed inside: sending is
 * refused while what is left is reported, then a new handle takes over.
 */
#ifndef TIDEGATE_IO_KAFKA_PRODUCER_H
#define TIDEGATE_IO_KAFKA_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

struct kafka_producer;

struct kafka_producer_conf {
    const char *brokers;     /* host:port, comma separated */
    const char *client_id;   /* seen in broker logs and quotas */
    const char *compression; /* none, lz4, zstd, gzip, snappy */
    const char *settings;    /* further librdkafka settings "key=value,key=value", or "" */
    double linger_ms;
    int64_t message_timeout_ms;
    int64_t queue_bytes;       /* cap of keys and values not yet reported */
    const char *const *topics; /* sends name a topic by its index here; copied */
    size_t n_topics;
};

/* Connects in the background: an unreachable broker is no error here. NULL with e (ERR_CONFIG) when
 * the library refuses a setting. Caller frees. */
struct kafka_producer *kafka_producer_new(const struct kafka_producer_conf *conf,
                                          struct err *e) MUST_CHECK;

/* Reports that nobody took are lost: flush, purge and drain first. Blocks until the library's
 * threads have ended. NULL is allowed. */
void kafka_producer_free(struct kafka_producer *p);

/* --- sending: any thread, never blocks ------------------------------------------------------ */

/* Some sends in a row; lives on the caller's stack between begin and end. */
struct kafka_batch {
    struct kafka_producer *p;
    size_t bytes; /* taken so far */
};

enum kafka_send_rc {
    KAFKA_SEND_OK,        /* taken: a report follows, perhaps before this returns */
    KAFKA_SEND_FULL,      /* the queue's cap is reached */
    KAFKA_SEND_TOO_LARGE, /* longer than the library's message.max.bytes */
    KAFKA_SEND_NO_TOPIC,  /* the topic is known not to exist, or not for us */
    KAFKA_SEND_FAILED     /* no usable handle, or any other refusal */
};

/* False, without a batch to end, while there is no usable handle. */
bool kafka_producer_begin(struct kafka_producer *p, struct kafka_batch *b) MUST_CHECK;
/* Takes a copy of key and value. The opaque comes back in the report. */
enum kafka_send_rc kafka_producer_send(struct kafka_batch *b, size_t topic, struct str key,
                                       struct str value, void *opaque) MUST_CHECK;
/* The same with one Kafka header of up to some KiB, whose report has the opaque NULL. Three times
 * as dear: for messages off the hot path. */
enum kafka_send_rc kafka_producer_send_noted(struct kafka_batch *b, size_t topic, struct str key,
                                             struct str value, const char *header,
                                             struct str note) MUST_CHECK;
void kafka_producer_end(struct kafka_batch *b);

/* --- reports: one thread --------------------------------------------------------------------- */

enum kafka_outcome {
    KAFKA_PERSISTED,      /* acknowledged by all in-sync replicas */
    KAFKA_NOT_PERSISTED,  /* certainly not in the log */
    KAFKA_MAYBE_PERSISTED /* sent, and the answer is missing */
};

typedef void (*kafka_report_fn)(void *arg, void *opaque, enum kafka_outcome outcome);

/* Waits up to timeout_ms for the first report, then takes all that are there and calls report for
 * each. Also serves the library's errors and the change of handles, so it must be called at least
 * every 100 ms or so. Returns the number of reports. */
size_t kafka_producer_poll(struct kafka_producer *p, int64_t timeout_ms, kafka_report_fn report,
                           void *arg);

/* --- state: any thread ----------------------------------------------------------------------- */

struct kafka_producer_stats {
    int64_t queued_messages;   /* not yet reported */
    int64_t queued_bytes;      /* their keys and values; a moment's view, never below 0 */
    uint64_t persisted;        /* reports since the start, by outcome */
    uint64_t not_persisted;    /* … */
    uint64_t maybe_persisted;  /* … */
    uint64_t errors;           /* error events of the library */
    uint64_t rebuilds;         /* handles replaced after a fatal error */
    int64_t last_persisted_ns; /* monotonic time of the newest good report, 0: none yet */
    bool usable;               /* false while the handle is being replaced */
};
void kafka_producer_stats(struct kafka_producer *p, struct kafka_producer_stats *out);

/* stats.queued_bytes alone, cheap enough for every request. */
int64_t kafka_producer_queued_bytes(const struct kafka_producer *p);

/* Asks the cluster for a topic. 0 and the number of partitions, or -1 with e: ERR_NOT_FOUND (no
 * such topic), ERR_DENIED, ERR_UNAVAILABLE, ERR_TIMEOUT. Blocks up to timeout_ms. */
int kafka_producer_probe(struct kafka_producer *p, size_t topic, int64_t timeout_ms,
                         int *partitions, struct err *e) MUST_CHECK;

/* Sends what waits without lingering; true when nothing is left. Another thread must keep polling.
 * Blocks up to timeout_ms. */
bool kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms);

/* Gives up on everything not yet reported: the reports come at once, NOT_PERSISTED for what was
 * never sent, MAYBE_PERSISTED for what was. Does not wait. */
void kafka_producer_purge(struct kafka_producer *p);

#endif

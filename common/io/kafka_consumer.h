/*
 * One member of a Kafka consumer group whose positions live elsewhere: the owner says at each
 * assignment where every partition begins; nothing is committed or reset by itself.
 *
 * Thread: one, the polling thread, unless a function says otherwise. Rebalances run inside
 * kafka_consumer_poll and kafka_consumer_close.
 */
#ifndef TIDEGATE_IO_KAFKA_CONSUMER_H
#define TIDEGATE_IO_KAFKA_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

struct kafka_consumer;

#define KAFKA_OFFSET_SKIP INT64_MIN /* in assigned: do not consume this partition */

struct kafka_position {
    uint32_t topic; /* index in kafka_consumer_options.topics */
    int32_t partition;
    int64_t offset; /* of the next message */
};

struct kafka_consumer_callbacks {
    /* New assignment (it replaces the one before; n may be 0): fill in each offset. 0, or -1:
     * assign nothing until kafka_consumer_rejoin. May block for some seconds. */
    int (*assigned)(void *arg, struct kafka_position *positions, size_t n);
    /* Nothing is assigned any more. */
    void (*revoked)(void *arg);
    void *arg;
};

struct kafka_consumer_options {
    const char *brokers;
    const char *client_id;
    const char *group_id;
    const char *group_instance_id; /* static member; NULL or "": dynamic */
    const char *settings;          /* "key=value,key=value" of librdkafka, or NULL */
    int64_t session_timeout_ms;
    int64_t max_poll_interval_ms;
    int64_t queue_bytes; /* messages fetched ahead; in memory about 2.5 times that */
    const char *const *topics;
    size_t n_topics;
    struct kafka_consumer_callbacks callbacks;
};

/* Copies what it needs. Does not connect, does not join. NULL with e. */
struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_options *options,
                                          struct err *e) MUST_CHECK;

/* Joins the group. 0, or -1 with e. */
int kafka_consumer_subscribe(struct kafka_consumer *c, struct err *e) MUST_CHECK;

/* Leaves and joins again: every partition of the group is assigned anew. */
int kafka_consumer_rejoin(struct kafka_consumer *c, struct err *e) MUST_CHECK;

struct kafka_message {
    uint32_t topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_us; /* 0 when the message has none */
    struct str key;       /* p NULL: no key */
    struct str value;     /* p NULL: no value (a tombstone) */
};

enum kafka_poll {
    KAFKA_POLL_NONE,    /* nothing within the timeout */
    KAFKA_POLL_MESSAGE, /* *m is filled: borrowed until the next poll */
    KAFKA_POLL_LOST,    /* m->topic, partition, offset: no such offset any more, that partition has
                           stopped (retention passed it, or the log was truncated) */
    KAFKA_POLL_ERROR,   /* *e: information; librdkafka goes on by itself */
    KAFKA_POLL_FATAL    /* *e: this consumer is dead (another one has its static id) */
};

/* Next message. Blocks up to timeout_ms, longer only inside the callbacks. */
enum kafka_poll kafka_consumer_poll(struct kafka_consumer *c, int64_t timeout_ms,
                                    struct kafka_message *m, struct err *e) MUST_CHECK;

/* Stops and restarts delivery of the whole assignment; what was fetched ahead is dropped and
 * fetched again. Call in pairs, seldom. A new assignment is not paused. */
void kafka_consumer_pause(struct kafka_consumer *c);
void kafka_consumer_resume(struct kafka_consumer *c);

/* Asks the broker for the first offset and the one after the last. 0, or -1 with e. Blocks up to
 * timeout_ms. Thread: any. */
int kafka_consumer_watermarks(struct kafka_consumer *c, uint32_t topic, int32_t partition,
                              int64_t timeout_ms, int64_t *low, int64_t *high,
                              struct err *e) MUST_CHECK;

/* The offset after the last one, as the latest fetch told it; -1 when not known yet. No request. */
int64_t kafka_consumer_high(struct kafka_consumer *c, uint32_t topic, int32_t partition);

/* Number of partitions, 0 when the topic does not exist. 0, or -1 with e. Blocks up to timeout_ms.
 */
int kafka_consumer_partitions(struct kafka_consumer *c, uint32_t topic, int64_t timeout_ms,
                              int32_t *partitions, struct err *e) MUST_CHECK;

/* False while no broker answers. Blocks up to timeout_ms while they seem to be away, else not. */
bool kafka_consumer_reachable(struct kafka_consumer *c, int64_t timeout_ms);

/* The cluster's id into out. 0, or -1 with e. Blocks up to timeout_ms. */
int kafka_consumer_cluster_id(struct kafka_consumer *c, int64_t timeout_ms, char *out, size_t size,
                              struct err *e) MUST_CHECK;

/* Commits positions to Kafka in the background, for tools that show lag; failures do not matter. */
void kafka_consumer_commit_hint(struct kafka_consumer *c, const struct kafka_position *positions,
                                size_t n);

/* Leaves the group; true when it closed within timeout_ms. When false librdkafka hangs: the process
 * may only _exit then (kafka_consumer_free would hang, too). */
bool kafka_consumer_close(struct kafka_consumer *c, int64_t timeout_ms) MUST_CHECK;

/* After close, or when never subscribed. NULL is allowed. */
void kafka_consumer_free(struct kafka_consumer *c);

#endif

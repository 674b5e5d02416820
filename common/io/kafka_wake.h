/*
 * Keeps librdkafka's fetcher awake. Internal to common/io.
 *
 * When the queue of fetched messages reaches its limit, librdkafka 2.0.2 stops fetching and its
 * broker thread sleeps for up to a second; nothing wakes it when the queue drains (issue 2879). A
 * small queue then means long pauses, a large one much memory. Any request to that broker wakes the
 * thread: we ask for the watermarks of a partition that has more to give, every 10 ms while there
 * is a backlog. Measured with 1 us of work per 330-byte message: default queue of 64 MB 164,000
 * messages/s and 98 MB resident; 128 MB 450,000 and 286 MB; 16 MB with this 750,000 and 69 MB.
 */
#ifndef TIDEGATE_IO_KAFKA_WAKE_H
#define TIDEGATE_IO_KAFKA_WAKE_H

#include <stdbool.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/kafka_internal.h"

struct kafka_wake;

/* Starts the thread. NULL with e. */
struct kafka_wake *kafka_wake_start(rd_kafka_t *rk, struct err *e) MUST_CHECK;

/* Takes a copy of the assignment; list NULL: none; w NULL: no-op. Thread: any. */
void kafka_wake_assign(struct kafka_wake *w, const rd_kafka_topic_partition_list_t *list);

/* The thread stays quiet while paused. Thread: any. */
void kafka_wake_pause(struct kafka_wake *w, bool paused);

/* Ends the thread; may wait for one request. NULL is allowed. */
void kafka_wake_stop(struct kafka_wake *w);

#endif

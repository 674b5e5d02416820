/*
 * The consumer thread: joins the group, reads records into the batch, hands batches to the loader,
 * and keeps the group content while PostgreSQL is away.
 */
#ifndef TIDEGATE_WORKER_CONSUME_LOOP_H
#define TIDEGATE_WORKER_CONSUME_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/metrics.h"
#include "common/io/kafka_consumer.h"
#include "worker/consume/batch.h"
#include "worker/consume/intake.h"
#include "worker/consume/windows.h"
#include "worker/health.h"
#include "worker/load/loader.h"
#include "worker/streams.h"

struct loop;

struct loop_options {
    struct kafka_consumer_options kafka; /* topics and callbacks are filled in here */
    struct batch_limits batch;
    struct intake_options intake;
    struct windows_options windows;
    const struct streams *streams;
    struct loader *loader;
    char *cluster_id; /* SQL_CLUSTER_SIZE bytes that the loader reads */
    struct health *health;
    struct metrics *metrics;
    int64_t stop_ms; /* for the batch in flight and the group's leave */
};

/* Starts the thread. Borrows what options point to. NULL with e. */
struct loop *loop_start(const struct loop_options *options, struct err *e) MUST_CHECK;

/* Asks the thread to finish: a batch under way is waited for, the one being filled is sent if the
 * loader is free. Thread: any. */
void loop_request_stop(struct loop *l);

/* True when it ended within timeout_ms with the group left; when false the process may only _exit.
 * Thread: main. */
bool loop_stop(struct loop *l, int64_t timeout_ms) MUST_CHECK;

/* The thread gave up by itself (it also asked the process to stop): a fatal error of Kafka. */
bool loop_failed(const struct loop *l);

/* After loop_stop returned true. NULL is allowed. */
void loop_free(struct loop *l);

#endif

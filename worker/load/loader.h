/*
 * The loader thread: one PostgreSQL connection, one job at a time. It reconnects, waits and tries
 * again by itself until a job is decided.
 *
 * Thread: the consumer thread calls everything but start, request_stop, stop and free.
 */
#ifndef TIDEGATE_WORKER_LOAD_LOADER_H
#define TIDEGATE_WORKER_LOAD_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/metrics.h"
#include "worker/consume/batch.h"
#include "worker/consume/windows.h"
#include "worker/health.h"
#include "worker/load/sql.h"
#include "worker/streams.h"

struct loader;

struct loader_options {
    const char *url;
    const char *owner; /* who we are, in ingest_offset.owner */
    const struct streams *streams;
    const char *cluster_id; /* read when the first claim or batch comes, may be filled until then */
    struct health *health;
    struct metrics *metrics;
};

/* Borrows what options point to. NULL with e. */
struct loader *loader_start(const struct loader_options *options, struct err *e) MUST_CHECK;

enum job_kind {
    JOB_PROBE, /* done as soon as PostgreSQL answers and its tables fit */
    JOB_CLAIM, /* claims partitions and fills their windows, gives up at the deadline */
    JOB_BATCH  /* stores a batch */
};

enum job_result {
    JOB_DONE,
    JOB_FENCED, /* JOB_BATCH: another worker owns a partition; nothing of it was stored */
    JOB_DROPPED /* deadline passed, the generation is over, or the loader stops: for a batch it is
                   not known whether it was stored */
};

struct job {
    enum job_kind kind;
    uint64_t generation;
    enum job_result result;
    struct batch *batch;  /* JOB_BATCH: the loader's until the job is back */
    struct claim *claims; /* JOB_CLAIM: the same */
    size_t n_claims;
    struct windows *windows; /* JOB_CLAIM: to be filled, one per claim; NULL: none. The same */
    int64_t deadline_ns;     /* JOB_CLAIM */
};

/* Hands a job over. At most one at a time. */
void loader_submit(struct loader *l, struct job *job);

/* The job that is decided, NULL when none is within timeout_ms. */
struct job *loader_collect(struct loader *l, int64_t timeout_ms) MUST_CHECK;

/* From now on jobs of older generations are dropped instead of tried again. */
void loader_generation(struct loader *l, uint64_t generation);

/* The running attempt is finished, nothing is tried again. Thread: any. */
void loader_request_stop(struct loader *l);

/* After request_stop: true when the thread ended within timeout_ms; when false the process may only
 * _exit. Thread: main. */
bool loader_stop(struct loader *l, int64_t timeout_ms) MUST_CHECK;

/* After loader_stop returned true. NULL is allowed. */
void loader_free(struct loader *l);

#endif

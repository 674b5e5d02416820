/*
 * One record of Kafka into the batch: what is in Kafka may be anything, so that everything is
 * checked again here. The consumer thread's; no I/O.
 */
#ifndef TIDEGATE_WORKER_CONSUME_INTAKE_H
#define TIDEGATE_WORKER_CONSUME_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "worker/consume/batch.h"
#include "worker/consume/dedupe.h"
#include "worker/streams.h"

struct intake;

struct intake_options {
    int64_t accept_past_us;
    int64_t accept_future_us;
    size_t max_event; /* bytes */
};

/* Borrows streams. */
struct intake *intake_new(const struct streams *streams,
                          const struct intake_options *options) MUST_CHECK;
void intake_free(struct intake *in); /* NULL is allowed */

struct record {
    uint32_t stream;
    uint32_t span;         /* in the batch */
    struct dedupe *window; /* of the partition; NULL: duplicates are not looked for */
    int64_t offset;        /* not below the span's to */
    int64_t timestamp_us;  /* 0: none */
    struct str key;
    struct str value;
};

struct intake_time {
    int64_t wall_us;
    int64_t mono_ns;
};

/* Adds the record as a row or as a dead event, or counts it as a duplicate. 0, or -1 when memory
 * ends: nothing was added, send the batch first. */
int intake_record(struct intake *in, struct batch *b, const struct record *r,
                  const struct intake_time *now) MUST_CHECK;

/* A leaf is never needed for events that were received longer ago than this. */
#define INTAKE_BACKLOG_US (INT64_C(31) * 86400 * 1000000)

/* The time that the window of event times is laid around: when the record was received, but not
 * after now and not before the longest backlog (a peer can write any time stamp). Pure. */
int64_t intake_reference_us(int64_t timestamp_us, int64_t now_us);

#endif

/*
 * The countdown of one request: from "its events were handed to the producer" to one decision,
 * taken exactly once by the last report or by the deadline, and to the moment when nobody holds the
 * request any more.
 *
 * A delivery is embedded in a request that is used again and again and never returned to the
 * allocator, so a late look at it is harmless. Order of use:
 *
 *   http thread      delivery_arm, (suspend is already done), sends, delivery_refuse for what was
 *                    not taken, delivery_release
 *   delivery thread  delivery_report per message; delivery_expire now and then
 *   http thread      after the resume: delivery_outcome; when the answer is out: delivery_finish
 *
 * Each of these tells the caller what to do next (enum delivery_step), so the rules are here and
 * the effects elsewhere. Nothing blocks, nothing allocates, no clock is read.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_DELIVERY_H
#define TIDEGATE_INGESTOR_INGEST_DELIVERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/io/kafka_producer.h"

struct delivery {
    _Atomic uint64_t state;   /* round << 8 | set of bits; the round makes late looks harmless */
    _Atomic uint32_t pending; /* messages without report, and one for the sender itself */
    _Atomic uint32_t not_persisted;
    _Atomic uint32_t maybe_persisted;
    _Atomic int64_t deadline_ns; /* monotonic */
    uint32_t n;                  /* messages of this round */
    int64_t sent_ns;             /* monotonic time of arming, for the latency */
};

enum delivery_step {
    DELIVERY_WAIT,   /* nothing to do */
    DELIVERY_RESUME, /* decided now, and by this call: resume the request */
    DELIVERY_RECYCLE /* nobody holds the request any more, and this call was the last */
};

enum delivery_outcome {
    DELIVERY_DURABLE,   /* all events are acknowledged */
    DELIVERY_NOT_TAKEN, /* certainly none is stored */
    DELIVERY_UNKNOWN    /* some are or may be stored */
};

/* Zeroed memory is a delivery at rest. */

/* Starts a round of n messages. Thread: http, after the suspend and before the first send. */
void delivery_arm(struct delivery *d, uint32_t n, int64_t now_ns, int64_t deadline_ns);

/* n messages were not taken by the producer: they have no report. Thread: http, before release. */
void delivery_refuse(struct delivery *d, uint32_t n);

/* The sender is done: drops its own count. Thread: http. RESUME or WAIT. */
enum delivery_step delivery_release(struct delivery *d) MUST_CHECK;

/* One report. Thread: delivery. */
enum delivery_step delivery_report(struct delivery *d, enum kafka_outcome outcome) MUST_CHECK;

/* RESUME when the round waits since before its deadline; else WAIT. Thread: delivery. */
enum delivery_step delivery_expire(struct delivery *d, int64_t now_ns) MUST_CHECK;

/* Thread: http, after the resume. */
enum delivery_outcome delivery_outcome(const struct delivery *d);
/* The deadline decided, not the reports. Thread: http, after the resume. */
bool delivery_expired(const struct delivery *d);

/* The http side is done with the request. RECYCLE: no report is out any more, take it back now.
 * WAIT: the last report will say RECYCLE. Also right for a delivery at rest. Thread: http. */
enum delivery_step delivery_finish(struct delivery *d) MUST_CHECK;

#endif

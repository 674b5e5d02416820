/*
 * Counters and histograms of a load. Each load thread counts into its own; what it publishes is
 * added to the totals. One owner at a time.
 */
#ifndef TIDEGATE_LOADTEST_STATS_H
#define TIDEGATE_LOADTEST_STATS_H

#include <stdint.h>

#include "common/base/histogram.h"
#include "loadtest/ledger.h"

#define STATS_LATENCY_MAX_NS INT64_C(600000000000) /* 10 minutes; above is clamped */
#define STATS_STATUS_MAX 600
#define STATS_LATE_NS INT64_C(1000000) /* send lag from which a request counts as late */

struct stats {
    uint64_t requests;               /* answered, or given up */
    uint64_t attempts;               /* sent, repetitions included */
    uint64_t late;                   /* requests whose send lag was above STATS_LATE_NS */
    uint64_t made;                   /* events */
    uint64_t events[LEDGER_CLASSES]; /* by class */
    uint64_t flawed_accepted;        /* made to be invalid, yet accepted */
    uint64_t valid_rejected;         /* made to be valid, yet rejected */
    uint64_t retries;
    uint64_t timeouts;
    uint64_t resets;   /* connections lost with a request under way */
    uint64_t connects; /* connections made */
    uint64_t connects_failed;
    uint64_t bad_answers; /* not HTTP, or a body that contradicts its status */
    uint64_t status[STATS_STATUS_MAX];
    uint64_t backlog; /* requests due and not sent, at the last look */
    uint64_t backlog_max;
    struct histogram *latency; /* ns from intended send to the 202, timeouts at their value */
    struct histogram *service; /* ns from real send to the same */
    struct histogram *lag;     /* ns that the generator itself was late */
};

void stats_init(struct stats *s);
void stats_release(struct stats *s);

/* Adds all of from, then empties it (backlog stays). */
void stats_take(struct stats *into, struct stats *from);

#endif

/*
 * How long a refused client should wait: the time in which the queue drains at the present rate.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_RETRY_AFTER_H
#define TIDEGATE_INGESTOR_INGEST_RETRY_AFTER_H

#include <stdint.h>

#define RETRY_AFTER_MAX_S 30  /* a longer wait would outlast most outages' end */
#define RETRY_AFTER_BLIND_S 5 /* nothing drains: no figure to compute from */

/* Seconds from 1 to 1.5 * RETRY_AFTER_MAX_S: depth / rate rounded up, plus up to half of it by
 * random, so that those refused together do not come back together. Pure. */
unsigned retry_after_seconds(int64_t depth, uint64_t rate_per_s, uint64_t random);

/* Exponentially weighted rate of a growing counter. Zeroed memory is a fresh one. */
struct drain_rate {
    int64_t at_ns;
    uint64_t total;
    double per_s;
};

/* Takes the counter's value at now_ns; the new rate, where a second ago weighs about a third.
 * Pure but for *r. */
double drain_rate_update(struct drain_rate *r, int64_t now_ns, uint64_t total);

#endif

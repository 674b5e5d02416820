/*
 * Log-linear histogram of non-negative integers (HDR style): 2^HISTOGRAM_SUB_BITS linear steps per
 * power of two, so a recorded value is known to 1/128 (0.8 %). Any unit; we use nanoseconds.
 * One owner thread; merge the parts of several threads before reading.
 */
#ifndef TIDEGATE_BASE_HISTOGRAM_H
#define TIDEGATE_BASE_HISTOGRAM_H

#include <stdint.h>

#include "common/base/compiler.h"

#define HISTOGRAM_SUB_BITS 7

struct histogram;

/* Values above max_value are recorded as max_value and counted in histogram_clamped. */
struct histogram *histogram_new(int64_t max_value) MUST_CHECK;
void histogram_free(struct histogram *h); /* NULL is allowed */
void histogram_reset(struct histogram *h);

/* Negative values are recorded as 0. */
void histogram_record(struct histogram *h, int64_t value, uint64_t times);
/* Adds all of src; both must have the same max_value. */
void histogram_merge(struct histogram *into, const struct histogram *src);

uint64_t histogram_count(const struct histogram *h);
uint64_t histogram_clamped(const struct histogram *h);
int64_t histogram_min(const struct histogram *h); /* 0 when empty */
int64_t histogram_max(const struct histogram *h);
double histogram_mean(const struct histogram *h);
/* Smallest recorded step at or above which the share q (0..1) of the values lies; 0 when empty. */
int64_t histogram_quantile(const struct histogram *h, double q);

#endif

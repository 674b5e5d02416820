/*
 * The only place that reads a clock. Modules that judge time take it as an argument.
 * Thread: any. Nothing blocks.
 */
#ifndef TIDEGATE_BASE_CLOCK_H
#define TIDEGATE_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define US_PER_S INT64_C(1000000)

/* Nanoseconds of CLOCK_MONOTONIC: durations and deadlines. */
int64_t clock_mono_ns(void);

/* Microseconds since 1970-01-01T00:00:00Z of CLOCK_REALTIME: time stamps of data. */
int64_t clock_wall_us(void);

/* Full jitter between base_ms / 2 and base_ms * 2^attempt, at most max_ms (AWS "full jitter" with a
 * floor). random is any well mixed number. Pure. */
int64_t clock_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms, uint64_t random);

#endif

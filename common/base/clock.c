#include "common/base/clock.h"

#include <time.h>

int64_t clock_mono_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_wall_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t clock_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms, uint64_t random)
{
    int64_t ceiling = base_ms;
    for (unsigned i = 0; i < attempt && ceiling < max_ms; i++) {
        ceiling *= 2;
    }
    if (ceiling > max_ms) {
        ceiling = max_ms;
    }
    int64_t floor = base_ms / 2;
    if (ceiling <= floor) {
        return ceiling;
    }
    return floor + (int64_t)(random % (uint64_t)(ceiling - floor + 1));
}

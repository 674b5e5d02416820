/*
 * Random numbers: a fast seeded generator for schedules and jitter, the kernel for secrets.
 */
#ifndef TIDEGATE_BASE_RANDOM_H
#define TIDEGATE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

/* xoshiro256** (Blackman and Vigna, 2018). Not for secrets. One per thread. */
struct rng {
    uint64_t s[4];
};

/* The same seed gives the same sequence on every machine. */
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* Uniform in [0, 1). */
double rng_unit(struct rng *r);
/* Uniform in [0, n), n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* Standard normal (Marsaglia polar method). */
double rng_normal(struct rng *r);

/* n bytes from getrandom(2). 0, or -1 with e. May block once, early at boot. Thread: any. */
int random_bytes(void *p, size_t n, struct err *e) MUST_CHECK;

#endif

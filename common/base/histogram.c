/*
 * Values below 2^SUB_BITS have a step each; above, every power of two is cut into 2^SUB_BITS steps.
 */
#include "common/base/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/base/mem.h"

#define SUB_COUNT (UINT64_C(1) << HISTOGRAM_SUB_BITS)

struct histogram {
    int64_t max_value;
    uint64_t count;
    uint64_t clamped;
    int64_t min;
    int64_t max;
    double sum;
    size_t n; /* steps */
    uint64_t steps[];
};

static size_t step_of(uint64_t v)
{
    if (v < SUB_COUNT) {
        return (size_t)v;
    }
    unsigned power = 63U - (unsigned)__builtin_clzll(v); /* >= SUB_BITS */
    unsigned shift = power - HISTOGRAM_SUB_BITS;
    return (size_t)(((uint64_t)(shift + 1) << HISTOGRAM_SUB_BITS) + ((v >> shift) - SUB_COUNT));
}

/* Largest value that falls into the step. */
static uint64_t step_top(size_t step)
{
    if (step < SUB_COUNT) {
        return step;
    }
    unsigned shift = (unsigned)(step >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t low = (SUB_COUNT + (step & (SUB_COUNT - 1))) << shift;
    return low + (UINT64_C(1) << shift) - 1;
}

struct histogram *histogram_new(int64_t max_value)
{
    assert(max_value > 0);
    size_t n = step_of((uint64_t)max_value) + 1;
    struct histogram *h = mem_calloc(1, sizeof *h + n * sizeof h->steps[0]);
    h->max_value = max_value;
    h->n = n;
    return h;
}

void histogram_free(struct histogram *h)
{
    mem_free(h);
}

void histogram_reset(struct histogram *h)
{
    h->count = 0;
    h->clamped = 0;
    h->min = 0;
    h->max = 0;
    h->sum = 0;
    memset(h->steps, 0, h->n * sizeof h->steps[0]);
}

void histogram_record(struct histogram *h, int64_t value, uint64_t times)
{
    if (times == 0) {
        return;
    }
    if (value < 0) {
        value = 0;
    }
    if (value > h->max_value) {
        value = h->max_value;
        h->clamped += times;
    }
    if (h->count == 0 || value < h->min) {
        h->min = value;
    }
    if (value > h->max) {
        h->max = value;
    }
    h->count += times;
    h->sum += (double)value * (double)times;
    h->steps[step_of((uint64_t)value)] += times;
}

void histogram_merge(struct histogram *into, const struct histogram *src)
{
    assert(into->max_value == src->max_value);
    if (src->count == 0) {
        return;
    }
    if (into->count == 0 || src->min < into->min) {
        into->min = src->min;
    }
    if (src->max > into->max) {
        into->max = src->max;
    }
    into->count += src->count;
    into->clamped += src->clamped;
    into->sum += src->sum;
    for (size_t i = 0; i < into->n; i++) {
        into->steps[i] += src->steps[i];
    }
}

uint64_t histogram_count(const struct histogram *h)
{
    return h->count;
}

uint64_t histogram_clamped(const struct histogram *h)
{
    return h->clamped;
}

int64_t histogram_min(const struct histogram *h)
{
    return h->min;
}

int64_t histogram_max(const struct histogram *h)
{
    return h->max;
}

double histogram_mean(const struct histogram *h)
{
    return h->count == 0 ? 0.0 : h->sum / (double)h->count;
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
    if (h->count == 0) {
        return 0;
    }
    double wanted = ceil(q * (double)h->count);
    uint64_t target = wanted < 1.0 ? 1 : (uint64_t)wanted;
    if (target > h->count) {
        target = h->count;
    }
    uint64_t seen = 0;
    for (size_t i = 0; i < h->n; i++) {
        seen += h->steps[i];
        if (seen >= target) {
            int64_t top = (int64_t)step_top(i);
            return top < h->max ? top : h->max;
        }
    }
    return h->max;
}

#include "worker/consume/windows.h"

#include "common/base/mem.h"

#define EACH_MIN 1000 /* ids of a partition, however many partitions share the limit */

struct windows *windows_new(const struct windows_options *options, size_t n, uint64_t seed)
{
    if (options->max_ids == 0 || n == 0) {
        return NULL;
    }
    struct windows *w = mem_calloc(1, sizeof *w);
    w->items = mem_calloc(n, sizeof *w->items);
    w->n = n;
    w->window_us = options->window_us;
    w->max_each = options->max_ids / (int64_t)n;
    w->max_each = w->max_each < EACH_MIN ? EACH_MIN : w->max_each;
    for (size_t i = 0; i < n; i++) {
        w->items[i] = dedupe_new((size_t)w->max_each, w->window_us, seed);
    }
    return w;
}

void windows_free(struct windows *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < w->n; i++) {
        dedupe_free(w->items[i]);
    }
    mem_free(w->items);
    mem_free(w);
}

struct dedupe_state windows_state(const struct windows *w)
{
    struct dedupe_state all = {.oldest_us = INT64_MAX};
    int64_t shortest = INT64_MIN;
    for (size_t i = 0; w != NULL && i < w->n; i++) {
        struct dedupe_state one = dedupe_state(w->items[i]);
        all.ids += one.ids;
        all.bytes += one.bytes;
        if (one.ids > 0 && one.oldest_us > shortest) {
            shortest = one.oldest_us;
        }
    }
    all.oldest_us = shortest == INT64_MIN ? INT64_MAX : shortest;
    return all;
}

/*
 * The deduplication windows of all partitions of one assignment, in the order of its slots. Filled
 * by the loader thread when the partitions are claimed, then the consumer thread's; one owner at a
 * time.
 */
#ifndef TIDEGATE_WORKER_CONSUME_WINDOWS_H
#define TIDEGATE_WORKER_CONSUME_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "worker/consume/dedupe.h"

struct windows_options {
    int64_t max_ids;   /* over all partitions; 0: no deduplication */
    int64_t window_us; /* the longest that an id is remembered */
};

struct windows {
    struct dedupe **items;
    size_t n;
    int64_t max_each; /* ids of one partition */
    int64_t window_us;
};

/* Empty windows for n partitions; NULL when the options say none. Caller frees. */
struct windows *windows_new(const struct windows_options *options, size_t n, uint64_t seed);
void windows_free(struct windows *w); /* NULL is allowed */

/* Sums of all; oldest_us is that of the window that reaches back the least, INT64_MAX when all are
 * empty. NULL: nothing remembered. */
struct dedupe_state windows_state(const struct windows *w);

#endif

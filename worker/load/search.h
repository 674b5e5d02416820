/*
 * Finds the rows that the database refuses with as few trial COPYs as possible. A trial that names
 * a line costs one COPY per bad row and goes on behind it; one that names none halves its range.
 * Pure: the owner runs the trials.
 */
#ifndef TIDEGATE_WORKER_LOAD_SEARCH_H
#define TIDEGATE_WORKER_LOAD_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"

#define SEARCH_DEPTH 40 /* ranges open at a time: halving 2^32 rows needs 33 */

struct search_range {
    size_t from, to; /* places [from, to) */
};

struct search {
    struct search_range open[SEARCH_DEPTH]; /* the last one is tried next */
    size_t n;
};

/* All places 0 to n - 1 are under suspicion. */
void search_begin(struct search *s, size_t n);

/* The range to try next; false when the search is over. */
bool search_next(const struct search *s, struct search_range *range) MUST_CHECK;

/* The range passed. */
void search_passed(struct search *s);

/* The range was refused; line is the COPY's line in it (1 is its first row) or -1. True when *bad
 * is a row that is refused. */
bool search_refused(struct search *s, int64_t line, size_t *bad) MUST_CHECK;

#endif

/*
 * Daily partitions ("leaves") of a table: which day a time belongs to, names, bounds. Pure.
 */
#ifndef TIDEGATE_WORKER_ADMIN_LEAF_H
#define TIDEGATE_WORKER_ADMIN_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"

#define LEAF_NAME_SIZE 64  /* PostgreSQL's identifiers have at most 63 bytes */
#define LEAF_BOUND_SIZE 32 /* "2026-11-21 00:00:00+00" */

/* Days since 1970-01-01 UTC; times before it count downwards. */
int64_t leaf_day(int64_t unix_us);

/* "vehicle_telemetry_p20261121". 0, or -1 when it does not fit or the year is not 1 to 9999. */
int leaf_name(const char *table, int64_t day, char out[LEAF_NAME_SIZE]) MUST_CHECK;

/* The day in the name of a leaf of table. false when it is no such name. */
bool leaf_parse(const char *table, const char *name, int64_t *day);

/* First instant of the day, as SQL text without quotes. 0, or -1 as above. */
int leaf_bound(int64_t day, char out[LEAF_BOUND_SIZE]) MUST_CHECK;

/* The statements that make one leaf in one transaction, without waiting behind loads that run:
 * LIKE and ATTACH instead of PARTITION OF. 0, or -1 when out's limit ends. */
int leaf_sql(struct buf *out, const char *table, int64_t day) MUST_CHECK;

/* Days [first, last]. */
struct leaf_range {
    int64_t first;
    int64_t last;
    bool any; /* false: empty */
};

bool leaf_range_covers(const struct leaf_range *r, int64_t first, int64_t last);
/* The smallest range that covers both. */
struct leaf_range leaf_range_join(const struct leaf_range *r, int64_t first, int64_t last);

#endif

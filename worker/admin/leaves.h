/*
 * Makes the daily partitions of tables. Safe to run in any number of processes at a time and beside
 * running loads.
 */
#ifndef TIDEGATE_WORKER_ADMIN_LEAVES_H
#define TIDEGATE_WORKER_ADMIN_LEAVES_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/pg.h"

/* Makes the leaves of days [first, last] that table lacks; *made gets their number. 0, or -1 with e
 * (the connection is outside of a transaction in both cases, if it still works). Call outside of a
 * transaction. */
int leaves_ensure(struct pg *pg, const char *table, int64_t first, int64_t last, size_t *made,
                  struct err *e) MUST_CHECK;

#endif

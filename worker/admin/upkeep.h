/*
 * A thread that keeps the tables ready while the worker runs: daily partitions are made ahead. It
 * has its own short-lived connection, so that it never delays a load.
 */
#ifndef TIDEGATE_WORKER_ADMIN_UPKEEP_H
#define TIDEGATE_WORKER_ADMIN_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/pg.h"
#include "worker/streams.h"

struct upkeep;

struct upkeep_options {
    const char *url;
    const struct streams *streams;
    int64_t past_us;  /* partitions are made from this long ago … */
    int64_t ahead_us; /* … to this far ahead */
};

/* Begins at once and again every ten minutes. Borrows what options point to. NULL with e. */
struct upkeep *upkeep_start(const struct upkeep_options *options, struct err *e) MUST_CHECK;

/* Makes the partitions of all tables once. *made gets the number of new ones. 0, or -1 with e.
 * Blocks on the network. */

int upkeep_partitions(struct pg *pg, const struct upkeep_options *options, int64_t now_us,
                      size_t *made, struct err *e) MUST_CHECK;

/* True when the thread ended within timeout_ms and all is freed; when false the process may only
 * _exit. NULL is allowed. */
bool upkeep_stop(struct upkeep *u, int64_t timeout_ms) MUST_CHECK;

#endif

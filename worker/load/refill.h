/*
 * Fills deduplication windows from the rows that are stored already, so that a copy that a client
 * sends after a rebalance or a restart is known. The loader thread's.
 */
#ifndef TIDEGATE_WORKER_LOAD_REFILL_H
#define TIDEGATE_WORKER_LOAD_REFILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/pg.h"
#include "worker/consume/windows.h"
#include "worker/load/sql.h"
#include "worker/streams.h"

/* Reads the ids that belong into w (one window per claim, in their order) from the tables; w NULL:
 * nothing to do. Stops at deadline_ns (monotonic): *complete is false then, the connection is to be
 * closed, and w holds the older part: better than partitions that nobody consumes. Logs what it
 * did. 0, or -1 with e. Blocks on the database. */
int refill_windows(struct pg *pg, const struct streams *streams, const struct claim *claims,
                   struct windows *w, int64_t deadline_ns, bool *complete,
                   struct err *e) MUST_CHECK;

/* The query of one stream's table: COPY of kpart, koff, event_id, received_at, binary. *wanted gets
 * the number of claims that it covers; with none nothing is appended. Pure. 0, or -1 when out's
 * limit ends. */
int refill_sql(struct buf *out, const struct streams *streams, uint32_t stream,
               const struct claim *claims, const struct windows *w, size_t *wanted) MUST_CHECK;

struct refill_row {
    int32_t partition;
    int64_t offset;
    const uint8_t *id; /* EVENT_ID_SIZE bytes inside the piece */
    int64_t received_us;
};

/* One piece of the binary COPY: true when it holds a row (the first one also has the file's header,
 * the last one is the trailer). Pure. */
bool refill_decode(const char *piece, size_t n, struct refill_row *row);

#endif

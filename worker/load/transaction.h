/*
 * A batch as one transaction on one connection: COPY of the rows, COPY of the dead events, offsets,
 * COMMIT. The loader thread's.
 */
#ifndef TIDEGATE_WORKER_LOAD_TRANSACTION_H
#define TIDEGATE_WORKER_LOAD_TRANSACTION_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/io/pg.h"
#include "worker/consume/batch.h"
#include "worker/load/decide.h"
#include "worker/load/order.h"
#include "worker/load/search.h"
#include "worker/load/sql.h"

struct transaction {
    struct sql_scope scope; /* borrowed texts */
    struct order *orders;   /* one per stream */
    struct buf chunk;       /* rows on their way to COPY */
    struct buf sql;
    int64_t copy_ns; /* durations of the last store that went well */
    int64_t commit_ns;
};

void transaction_init(struct transaction *tx, const struct streams *streams);
void transaction_release(struct transaction *tx);

/* Brings the rows into the order in which they are sent; again after rows were refused. */
void transaction_prepare(struct transaction *tx, struct batch *b);

/* Tries to store the whole batch. A failed attempt has been rolled back, or the connection is not
 * usable any more. Blocks on the network. */
void transaction_store(struct transaction *tx, struct pg *pg, const struct batch *b,
                       struct attempt *a);

/* Sends only the rows in the places [from, to) of a stream's order and rolls back. The attempt says
 * whether they would pass. */
void transaction_try(struct transaction *tx, struct pg *pg, const struct batch *b, uint32_t stream,
                     const struct search_range *range, struct attempt *a);

/* What became of a COMMIT whose answer was lost; waits for it when it is under way. 0, or -1 with
 * e.
 */
int transaction_ask(struct transaction *tx, struct pg *pg, const struct batch *b,
                    enum commit_rc *rc, struct err *e) MUST_CHECK;

/* Claims partitions and fills in epoch and next of each. 0, or -1 with e. */
int transaction_claim(struct transaction *tx, struct pg *pg, const char *owner,
                      struct claim *claims, size_t n, struct err *e) MUST_CHECK;

#endif

/*
 * Finds the rows of a batch that the database refuses and moves them to its dead events. The loader
 * thread's.
 */
#ifndef TIDEGATE_WORKER_LOAD_REFUSE_H
#define TIDEGATE_WORKER_LOAD_REFUSE_H

#include <stdint.h>

#include "common/io/pg.h"
#include "worker/load/transaction.h"

/* After a failed attempt of class "data": looks through the tables that may have caused it. Returns
 * the number of rows that were set aside, -1 when it could not look at all of them and found none
 * (the connection broke, the failure turned into another one). The order of rows is built anew.
 * Blocks on the network. */
int64_t refuse_rows(struct transaction *tx, struct pg *pg, struct batch *b,
                    const struct attempt *cause);

#endif

/*
 * Texts of the SQL statements that the worker sends again and again. Pure.
 */
#ifndef TIDEGATE_WORKER_LOAD_SQL_H
#define TIDEGATE_WORKER_LOAD_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/contract/contract.h"
#include "worker/consume/batch.h"
#include "worker/streams.h"

#define SQL_MAX ((size_t)16 << 20) /* bytes: 32,768 partitions of topics with long names fit */
#define SQL_CLUSTER_SIZE 128       /* a cluster id with terminator; Kafka's have 22 characters */

/* COPY "table" (columns in the order of row_encode) FROM STDIN (FORMAT binary) */
int sql_copy_table(struct buf *out, const char *table, const struct contract *c) MUST_CHECK;

/* What tells partitions apart from those of another cluster. */
struct sql_scope {
    const char *cluster_id;
    const struct streams *streams;
};

/* The end of a batch's transaction: moves each span's row from its from to its to where the epoch
 * is ours, divides by zero (SQLSTATE 22012) unless every row was there, commits. Spans with from =
 * to are left out; one at least is not. 0, or -1 when out's limit ends. */
int sql_advance(struct buf *out, const struct sql_scope *scope, const struct batch_span *spans,
                size_t n) MUST_CHECK;

/* Reads topic, part, next_off, epoch of the moved spans' rows and waits for whoever is changing
 * them: after it the outcome of an earlier COMMIT is decided. */
int sql_ask(struct buf *out, const struct sql_scope *scope, const struct batch_span *spans,
            size_t n) MUST_CHECK;

/* A partition to claim; where it begins when nobody ever claimed it. */
struct claim {
    uint32_t stream;
    int32_t partition;
    int64_t low;
    /* answer */
    int64_t epoch;
    int64_t next;
};

/* Raises the epoch of each row, makes missing ones; returns topic, part, next_off, epoch. Claims in
 * the order of their names so that two workers never wait for each other. */
int sql_claim(struct buf *out, const struct sql_scope *scope, const char *owner,
              const struct claim *claims, size_t n) MUST_CHECK;

#endif

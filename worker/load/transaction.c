/*
 * Three round trips for a batch of one stream: "BEGIN; COPY", the end of COPY, "offsets; COMMIT".
 * The offsets come last, so that their rows are locked only while the server itself works: a worker
 * that hangs never makes the next owner wait.
 */
#include "worker/load/transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "worker/dead.h"

#define CHUNK_SIZE ((size_t)128 << 10) /* 32 KiB to 256 KiB cost the same, smaller ones more */

#define PREFETCH_ROWS 8 /* ahead; of the index twice as far */
#define CACHE_LINE 64

/* Signature, flags and extension length of a binary COPY file; see COPY in PostgreSQL's manual. */
static const char copy_header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
#define COPY_HEADER_SIZE 19
static const char copy_trailer[2] = {'\377', '\377'};

void transaction_init(struct transaction *tx, const struct streams *streams)
{
    *tx = (struct transaction){.scope = {NULL, streams}};
    tx->orders = mem_calloc(streams->n, sizeof *tx->orders);
    for (size_t i = 0; i < streams->n; i++) {
        order_init(&tx->orders[i]);
    }
    buf_init(&tx->chunk, 2 * CHUNK_SIZE);
    buf_init(&tx->sql, SQL_MAX);
}

void transaction_release(struct transaction *tx)
{
    for (size_t i = 0; i < tx->scope.streams->n; i++) {
        order_release(&tx->orders[i]);
    }
    mem_free(tx->orders);
    tx->orders = NULL;
    buf_release(&tx->chunk);
    buf_release(&tx->sql);
}

void transaction_prepare(struct transaction *tx, struct batch *b)
{
    devices_rank(&b->devices);
    for (size_t i = 0; i < b->n_tables; i++) {
        order_build(&tx->orders[i], &b->tables[i], &b->devices);
    }
}

static int send_chunk(struct transaction *tx, struct pg *pg, struct err *e)
{
    int rc = tx->chunk.n == 0 ? 0 : pg_copy_in_put(pg, tx->chunk.p, tx->chunk.n, e);
    buf_reset(&tx->chunk);
    return rc;
}

static int send_bytes(struct transaction *tx, struct pg *pg, const void *p, size_t n, struct err *e)
{
    if (tx->chunk.n + n > CHUNK_SIZE && send_chunk(tx, pg, e) != 0) {
        return -1;
    }
    if (n > CHUNK_SIZE) {
        return pg_copy_in_put(pg, p, n, e);
    }
    if (buf_add(&tx->chunk, p, n) != 0) {
        err_set(e, ERR_SYSTEM, "out of memory");
        return -1;
    }
    return 0;
}

/* In the order of devices rows lie all over the memory. */
static inline void prefetch_row(const struct batch_table *t, const struct order *o, size_t i,
                                size_t end)
{
    if (i + PREFETCH_ROWS < end) {
        __builtin_prefetch(&t->index[o->rows[i + PREFETCH_ROWS]]);
    }
    if (i < end) {
        const struct batch_row *r = &t->index[o->rows[i]];
        for (size_t at = 0; at < r->row_n; at += CACHE_LINE) {
            __builtin_prefetch(t->rows.p + r->row_at + at);
        }
    }
}

static int send_rows(struct transaction *tx, struct pg *pg, const struct batch_table *t,
                     const struct order *o, const struct search_range *range, struct err *e)
{
    if (send_bytes(tx, pg, copy_header, COPY_HEADER_SIZE, e) != 0) {
        return -1;
    }
    for (size_t i = range->from; i < range->to; i++) {
        const struct batch_row *r = &t->index[o->rows[i]];
        prefetch_row(t, o, i + PREFETCH_ROWS, range->to);
        if (send_bytes(tx, pg, t->rows.p + r->row_at, r->row_n, e) != 0) {
            return -1;
        }
    }
    return send_bytes(tx, pg, copy_trailer, sizeof copy_trailer, e) != 0 ? -1
                                                                         : send_chunk(tx, pg, e);
}

static int send_dead(struct transaction *tx, struct pg *pg, const struct batch *b, struct err *e)
{
    if (send_bytes(tx, pg, copy_header, COPY_HEADER_SIZE, e) != 0 ||
        send_bytes(tx, pg, b->dead.p, b->dead.n, e) != 0 ||
        send_bytes(tx, pg, copy_trailer, sizeof copy_trailer, e) != 0) {
        return -1;
    }
    return send_chunk(tx, pg, e);
}

/* The text of tx->sql as a C string. */
static const char *sql_text(struct transaction *tx)
{
    return buf_add(&tx->sql, "", 1) == 0 ? tx->sql.p : NULL;
}

/* Starts a COPY, with BEGIN in the same message when it is the first one. */
static int begin_copy(struct transaction *tx, struct pg *pg, const char *copy, bool *begun,
                      struct err *e)
{
    buf_reset(&tx->sql);
    buf_reset(&tx->chunk);
    const char *sql = NULL;
    if (buf_addf(&tx->sql, "%s%s", *begun ? "" : "BEGIN; ", copy) == 0) {
        sql = sql_text(tx);
    }
    if (sql == NULL) {
        err_set(e, ERR_LIMIT, "a COPY statement is longer than %zu bytes", SQL_MAX);
        return -1;
    }
    *begun = true;
    return pg_copy_in_begin(pg, sql, e);
}

/* What the server says at the end counts more than what the sender saw. */
static int end_copy(struct pg *pg, int sent, int64_t *line, struct err *e)
{
    struct err at_end;
    int ended = pg_copy_in_end(pg, line, &at_end);
    if (ended != 0 && (sent == 0 || at_end.detail[0] != '\0')) {
        *e = at_end;
    }
    return sent != 0 ? sent : ended;
}

static void fail(struct attempt *a, struct pg *pg, enum attempt_stage stage)
{
    a->ok = false;
    a->stage = stage;
    a->usable = pg_usable(pg) && pg_rollback(pg);
}

static int store_table(struct transaction *tx, struct pg *pg, const struct batch *b,
                       uint32_t stream, bool *begun, struct attempt *a)
{
    const struct order *o = &tx->orders[stream];
    const struct search_range all = {0, o->n};
    a->stream = stream;
    if (begin_copy(tx, pg, tx->scope.streams->items[stream].copy_sql, begun, &a->e) != 0) {
        return -1;
    }
    int sent = send_rows(tx, pg, &b->tables[stream], o, &all, &a->e);
    return end_copy(pg, sent, &a->line, &a->e);
}

static int store_dead(struct transaction *tx, struct pg *pg, const struct batch *b, bool *begun,
                      struct attempt *a)
{
    if (begin_copy(tx, pg, dead_copy_sql, begun, &a->e) != 0) {
        return -1;
    }
    int sent = send_dead(tx, pg, b, &a->e);
    return end_copy(pg, sent, &a->line, &a->e);
}

static int finish(struct transaction *tx, struct pg *pg, const struct batch *b, struct err *e)
{
    buf_reset(&tx->sql);
    const char *sql = NULL;
    if (sql_advance(&tx->sql, &tx->scope, b->spans, b->n_spans) == 0) {
        sql = sql_text(tx);
    }
    if (sql == NULL) {
        err_set(e, ERR_LIMIT, "too many partitions for one statement");
        return -1;
    }
    return pg_exec(pg, sql, e);
}

void transaction_store(struct transaction *tx, struct pg *pg, const struct batch *b,
                       struct attempt *a)
{
    *a = (struct attempt){.usable = true, .line = -1};
    bool begun = false;
    int64_t start_ns = clock_mono_ns();
    for (uint32_t i = 0; i < b->n_tables; i++) {
        if (tx->orders[i].n > 0 && store_table(tx, pg, b, i, &begun, a) != 0) {
            fail(a, pg, ATTEMPT_ROWS);
            return;
        }
    }
    if (b->n_dead > 0 && store_dead(tx, pg, b, &begun, a) != 0) {
        fail(a, pg, ATTEMPT_DEAD);
        return;
    }
    int64_t copied_ns = clock_mono_ns();
    if (finish(tx, pg, b, &a->e) != 0) {
        fail(a, pg, ATTEMPT_FINISH);
        return;
    }
    tx->copy_ns = copied_ns - start_ns;
    tx->commit_ns = clock_mono_ns() - copied_ns;
    a->ok = true;
}

void transaction_try(struct transaction *tx, struct pg *pg, const struct batch *b, uint32_t stream,
                     const struct search_range *range, struct attempt *a)
{
    *a = (struct attempt){.usable = true, .line = -1, .stream = stream};
    bool begun = false;
    const struct stream *s = &tx->scope.streams->items[stream];
    int rc = begin_copy(tx, pg, s->copy_sql, &begun, &a->e);
    if (rc == 0) {
        int sent = send_rows(tx, pg, &b->tables[stream], &tx->orders[stream], range, &a->e);
        rc = end_copy(pg, sent, &a->line, &a->e);
    }
    if (rc == 0) {
        /* Deferred constraints would speak only at COMMIT. */
        rc = pg_exec(pg, "SET CONSTRAINTS ALL IMMEDIATE", &a->e);
    }
    fail(a, pg, ATTEMPT_ROWS); /* rolls back in every case */
    a->ok = rc == 0;
}

/* Number of a decimal cell that we wrote ourselves. */
static int64_t number(const struct pg_result *r, size_t row, size_t column)
{
    const char *text = pg_value(r, row, column);
    return text == NULL ? -1 : strtoll(text, NULL, 10);
}

static bool is_partition(const struct transaction *tx, const struct pg_result *r, size_t row,
                         uint32_t stream, int32_t partition)
{
    const char *topic = pg_value(r, row, 0);
    return topic != NULL && strcmp(topic, tx->scope.streams->items[stream].topic) == 0 &&
           number(r, row, 1) == partition;
}

int transaction_ask(struct transaction *tx, struct pg *pg, const struct batch *b,
                    enum commit_rc *rc, struct err *e)
{
    buf_reset(&tx->sql);
    const char *sql = NULL;
    if (sql_ask(&tx->sql, &tx->scope, b->spans, b->n_spans) == 0) {
        sql = sql_text(tx);
    }
    if (sql == NULL) {
        err_set(e, ERR_LIMIT, "too many partitions for one statement");
        return -1;
    }
    struct pg_result *r = pg_query(pg, sql, 0, NULL, e);
    if (r == NULL) {
        return -1;
    }
    struct offset_row *rows = mem_calloc(b->n_spans, sizeof *rows);
    for (size_t i = 0; i < b->n_spans; i++) {
        for (size_t k = 0; k < pg_rows(r) && !rows[i].found; k++) {
            if (is_partition(tx, r, k, b->spans[i].stream, b->spans[i].partition)) {
                rows[i] = (struct offset_row){true, number(r, k, 2), number(r, k, 3)};
            }
        }
    }
    *rc = decide_commit(b->spans, rows, b->n_spans);
    mem_free(rows);
    pg_result_free(r);
    return 0;
}

int transaction_claim(struct transaction *tx, struct pg *pg, const char *owner,
                      struct claim *claims, size_t n, struct err *e)
{
    buf_reset(&tx->sql);
    const char *sql = NULL;
    if (sql_claim(&tx->sql, &tx->scope, owner, claims, n) == 0) {
        sql = sql_text(tx);
    }
    if (sql == NULL) {
        err_set(e, ERR_LIMIT, "too many partitions for one statement");
        return -1;
    }
    struct pg_result *r = pg_query(pg, sql, 0, NULL, e);
    if (r == NULL) {
        return -1;
    }
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < pg_rows(r); k++) {
            if (is_partition(tx, r, k, claims[i].stream, claims[i].partition)) {
                claims[i].next = number(r, k, 2);
                claims[i].epoch = number(r, k, 3);
                found++;
                break;
            }
        }
    }
    pg_result_free(r);
    if (found != n) {
        err_set(e, ERR_DENIED, "ingest_offset: %zu of %zu claimed rows came back", found, n);
        return -1;
    }
    return 0;
}

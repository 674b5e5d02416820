#include "worker/load/sql.h"

#include <inttypes.h>

#include "common/io/pg.h"

#define LITERAL_SIZE 1024 /* a quoted topic, cluster id or owner */

static int add_ident(struct buf *out, const char *name)
{
    char quoted[STREAM_IDENT_SIZE + 64];
    return pg_quote_ident(name, quoted, sizeof quoted) == 0 ? buf_add_str(out, str_of(quoted)) : -1;
}

static int add_literal(struct buf *out, const char *text)
{
    char quoted[LITERAL_SIZE];
    return pg_quote_literal(text, quoted, sizeof quoted) == 0 ? buf_add_str(out, str_of(quoted))
                                                              : -1;
}

/* The order is that of row_encode. */
static int add_columns(struct buf *out, const struct contract *c)
{
    size_t n;
    const struct contract_column *columns = contract_columns(c, &n);
    if (buf_addf(out, "event_time, received_at, koff") != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (buf_addf(out, ", ") != 0 || add_ident(out, columns[i].name) != 0) {
            return -1;
        }
    }
    return buf_addf(out, ", event_id, kpart, flags, tenant, device, extra");
}

int sql_copy_table(struct buf *out, const char *table, const struct contract *c)
{
    if (buf_addf(out, "COPY ") != 0 || add_ident(out, table) != 0 || buf_addf(out, " (") != 0 ||
        add_columns(out, c) != 0) {
        return -1;
    }
    return buf_addf(out, ") FROM STDIN (FORMAT binary)");
}

static int add_span(struct buf *out, const struct sql_scope *scope, const struct batch_span *s,
                    size_t nth)
{
    if (buf_addf(out, nth == 0 ? "(" : ", (") != 0 ||
        add_literal(out, scope->streams->items[s->stream].topic) != 0) {
        return -1;
    }
    return buf_addf(out,
                    nth == 0 ? "::text, %" PRId32 "::int4, %" PRId64 "::int8, %" PRId64
                               "::int8, %" PRId64 "::int8)"
                             : ", %" PRId32 ", %" PRId64 ", %" PRId64 ", %" PRId64 ")",
                    s->partition, s->epoch, s->from, s->to);
}

/* VALUES of the spans that moved; *moved gets their number. */
static int add_spans(struct buf *out, const struct sql_scope *scope, const struct batch_span *spans,
                     size_t n, size_t *moved)
{
    *moved = 0;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].to == spans[i].from) {
            continue;
        }
        if (add_span(out, scope, &spans[i], *moved) != 0) {
            return -1;
        }
        (*moved)++;
    }
    return 0;
}

int sql_advance(struct buf *out, const struct sql_scope *scope, const struct batch_span *spans,
                size_t n)
{
    size_t moved;
    if (buf_addf(out, "WITH v(topic, part, epoch, old_off, new_off) AS (VALUES ") != 0 ||
        add_spans(out, scope, spans, n, &moved) != 0 ||
        buf_addf(out, "), u AS (UPDATE ingest_offset o SET next_off = v.new_off, "
                      "updated_at = now() FROM v WHERE o.cluster_id = ") != 0 ||
        add_literal(out, scope->cluster_id) != 0) {
        return -1;
    }
    return buf_addf(out,
                    " AND o.topic = v.topic AND o.part = v.part AND o.epoch = v.epoch "
                    "AND o.next_off = v.old_off RETURNING 1) "
                    "SELECT 1 / (count(*) = %zu)::int FROM u; COMMIT",
                    moved);
}

int sql_ask(struct buf *out, const struct sql_scope *scope, const struct batch_span *spans,
            size_t n)
{
    size_t moved;
    if (buf_addf(out, "WITH v(topic, part, epoch, old_off, new_off) AS (VALUES ") != 0 ||
        add_spans(out, scope, spans, n, &moved) != 0 ||
        buf_addf(out,
                 ") SELECT o.topic, o.part, o.next_off, o.epoch FROM ingest_offset o "
                 "JOIN v ON o.topic = v.topic AND o.part = v.part WHERE o.cluster_id = ") != 0 ||
        add_literal(out, scope->cluster_id) != 0) {
        return -1;
    }
    return buf_addf(out, " ORDER BY o.topic, o.part FOR UPDATE OF o");
}

static int add_claim(struct buf *out, const struct sql_scope *scope, const struct claim *c,
                     size_t nth)
{
    if (buf_addf(out, nth == 0 ? "(" : ", (") != 0 ||
        add_literal(out, scope->streams->items[c->stream].topic) != 0) {
        return -1;
    }
    return buf_addf(out,
                    nth == 0 ? "::text, %" PRId32 "::int4, %" PRId64 "::int8)"
                             : ", %" PRId32 ", %" PRId64 ")",
                    c->partition, c->low);
}

int sql_claim(struct buf *out, const struct sql_scope *scope, const char *owner,
              const struct claim *claims, size_t n)
{
    if (buf_addf(out, "INSERT INTO ingest_offset AS o (cluster_id, topic, part, next_off, "
                      "rollup_off, epoch, owner, pg_pid, updated_at) SELECT ") != 0 ||
        add_literal(out, scope->cluster_id) != 0 || buf_addf(out, ", topic, part, low, low, 1, ") ||
        add_literal(out, owner) != 0 ||
        buf_addf(out, ", pg_backend_pid(), now() FROM (VALUES ") != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (add_claim(out, scope, &claims[i], i) != 0) {
            return -1;
        }
    }
    return buf_addf(out, ") AS c(topic, part, low) ORDER BY topic, part "
                         "ON CONFLICT (cluster_id, topic, part) DO UPDATE SET "
                         "epoch = o.epoch + 1, owner = excluded.owner, "
                         "pg_pid = excluded.pg_pid, updated_at = now() "
                         "RETURNING o.topic, o.part, o.next_off, o.epoch");
}

#include "worker/load/refill.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/contract/copy_fields.h"

#define LOOK_EVERY 4096 /* rows between two looks at the clock */

/* Row: int16 field count, then per field int32 length and the value (COPY, "Binary Format"). */
#define ROW_SIZE (2 + (4 + 2) + (4 + 8) + (4 + EVENT_ID_SIZE) + (4 + 8))
#define HEADER_SIZE 19
static const char signature[11] = "PGCOPY\n\377\r\n";

int refill_sql(struct buf *out, const struct streams *streams, uint32_t stream,
               const struct claim *claims, const struct windows *w, size_t *wanted)
{
    *wanted = 0;
    size_t start = out->n;
    char table[STREAM_IDENT_SIZE + 64];
    if (pg_quote_ident(streams->items[stream].table, table, sizeof table) != 0 ||
        buf_addf(out,
                 "COPY (SELECT kpart, koff, event_id, received_at FROM %s WHERE received_at > "
                 "now() - interval '%" PRId64 " ms' AND (",
                 table, w->window_us / 1000) != 0) {
        return -1;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct claim *c = &claims[i];
        if (c->stream != stream || c->next <= c->low) {
            continue; /* nothing of it was ever stored */
        }
        if (buf_addf(out, "%s(kpart = %" PRId32 " AND koff >= %" PRId64 " AND koff < %" PRId64 ")",
                     *wanted == 0 ? "" : " OR ", c->partition, c->next - w->max_each,
                     c->next) != 0) {
            return -1;
        }
        (*wanted)++;
    }
    if (*wanted == 0) {
        out->n = start;
        return 0;
    }
    return buf_addf(out, ")) TO STDOUT (FORMAT binary)");
}

static int64_t read_int8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return (int64_t)be64toh(v);
}

bool refill_decode(const char *piece, size_t n, struct refill_row *row)
{
    if (n >= HEADER_SIZE && memcmp(piece, signature, sizeof signature) == 0) {
        piece += HEADER_SIZE;
        n -= HEADER_SIZE;
    }
    if (n != ROW_SIZE) {
        return false;
    }
    uint16_t part;
    memcpy(&part, piece + 6, sizeof part);
    row->partition = (int16_t)be16toh(part);
    row->offset = read_int8(piece + 12);
    row->id = (const uint8_t *)piece + 24;
    row->received_us = read_int8(piece + 44) + COPY_EPOCH_US;
    return true;
}

static struct dedupe *find_window(const struct windows *w, const struct claim *claims,
                                  uint32_t stream, int32_t partition)
{
    for (size_t i = 0; i < w->n; i++) {
        if (claims[i].stream == stream && claims[i].partition == partition) {
            return w->items[i];
        }
    }
    return NULL;
}

static int read_rows(struct pg *pg, uint32_t stream, const struct claim *claims, struct windows *w,
                     int64_t deadline_ns, bool *complete, struct err *e)
{
    struct dedupe *window = NULL;
    int32_t partition = -1;
    for (uint64_t i = 1;; i++) {
        const char *piece = NULL;
        int64_t n = pg_copy_out_get(pg, &piece, e);
        if (n <= 0) {
            return n == 0 ? 0 : -1;
        }
        struct refill_row row;
        if (!refill_decode(piece, (size_t)n, &row)) {
            continue;
        }
        if (row.partition != partition) {
            partition = row.partition;
            window = find_window(w, claims, stream, partition);
        }
        if (window != NULL) {
            bool known = dedupe_seen(window, row.id, row.offset, row.received_us);
            (void)known; /* a doubled row would be another's mistake; nothing is stored here */
        }
        if (i % LOOK_EVERY == 0 && clock_mono_ns() > deadline_ns) {
            *complete = false;
            return 0;
        }
    }
}

int refill_windows(struct pg *pg, const struct streams *streams, const struct claim *claims,
                   struct windows *w, int64_t deadline_ns, bool *complete, struct err *e)
{
    *complete = true;
    if (w == NULL) {
        return 0;
    }
    struct buf sql;
    buf_init(&sql, SQL_MAX);
    int rc = 0;
    int64_t start_ns = clock_mono_ns();
    for (uint32_t i = 0; i < streams->n && rc == 0 && *complete; i++) {
        size_t wanted = 0;
        buf_reset(&sql);
        if (refill_sql(&sql, streams, i, claims, w, &wanted) != 0 || buf_add(&sql, "", 1) != 0) {
            err_set(e, ERR_LIMIT, "too many partitions for one statement");
            rc = -1;
        } else if (wanted > 0) {
            rc = pg_copy_out_begin(pg, sql.p, e);
            rc = rc != 0 ? rc : read_rows(pg, i, claims, w, deadline_ns, complete, e);
        }
    }
    buf_release(&sql);
    if (rc != 0) {
        err_wrap(e, "read ids for deduplication");
        return -1;
    }
    LOG(*complete ? LOG_INFO : LOG_WARN, "dedup_refilled",
        log_int("ids", (int64_t)windows_state(w).ids), log_bool("complete", *complete),
        log_int("ms", (clock_mono_ns() - start_ns) / NS_PER_MS));
    return 0;
}

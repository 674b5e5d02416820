/*
 * One look at the catalogue; only when a day is missing a transaction under an advisory lock looks
 * again and makes it.
 */
#include "worker/admin/leaves.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/admin/leaf.h"

#define LEAVES_MAX 4000 /* days asked for at once: ten years */
#define LEAVES_SQL_MAX (1U << 20)
#define LOCK_KEY "7236285031724" /* ours in the database: "tidegate leaves" */

/* Marks the days of [first, last] that exist in have. */
static int look(struct pg *pg, const char *table, int64_t first, int64_t last, bool *have,
                struct err *e)
{
    char quoted[2 * LEAF_NAME_SIZE + 3];
    if (pg_quote_ident(table, quoted, sizeof quoted) != 0) {
        err_set(e, ERR_CONFIG, "table name %s is too long", table);
        return -1;
    }
    const char *params[] = {quoted};
    struct pg_result *r = pg_query(pg,
                                   "SELECT c.relname FROM pg_inherits i "
                                   "JOIN pg_class c ON c.oid = i.inhrelid "
                                   "WHERE i.inhparent = $1::regclass AND NOT i.inhdetachpending",
                                   1, params, e);
    if (r == NULL) {
        return -1;
    }
    memset(have, 0, (size_t)(last - first + 1) * sizeof *have);
    for (size_t i = 0; i < pg_rows(r); i++) {
        int64_t day;
        if (leaf_parse(table, pg_value(r, i, 0), &day) && day >= first && day <= last) {
            have[day - first] = true;
        }
    }
    pg_result_free(r);
    return 0;
}

static size_t missing(const bool *have, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += !have[i];
    }
    return count;
}

/* Inside the transaction. */
static int make_missing(struct pg *pg, const char *table, int64_t first, const bool *have, size_t n,
                        struct err *e)
{
    struct buf sql;
    buf_init(&sql, LEAVES_SQL_MAX);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (have[i]) {
            continue;
        }
        buf_reset(&sql);
        if (leaf_sql(&sql, table, first + (int64_t)i) != 0 || buf_add(&sql, "", 1) != 0) {
            err_set(e, ERR_CONFIG, "table %s: a partition's name is too long", table);
            rc = -1;
        } else {
            rc = pg_exec(pg, sql.p, e);
        }
    }
    buf_release(&sql);
    return rc;
}

int leaves_ensure(struct pg *pg, const char *table, int64_t first, int64_t last, size_t *made,
                  struct err *e)
{
    assert(first <= last);
    *made = 0;
    if (last - first >= LEAVES_MAX) {
        err_set(e, ERR_LIMIT, "table %s: more than %d partitions asked for at once", table,
                LEAVES_MAX);
        return -1;
    }
    size_t n = (size_t)(last - first + 1);
    bool *have = mem_calloc(n, sizeof *have);
    int rc = look(pg, table, first, last, have, e);
    if (rc == 0 && missing(have, n) > 0) {
        rc = pg_exec(pg,
                     "BEGIN; SET LOCAL lock_timeout = '2s'; "
                     "SELECT pg_advisory_xact_lock(" LOCK_KEY ")",
                     e);
        /* Another worker may have made them while we waited for the lock. */
        rc = rc != 0 ? rc : look(pg, table, first, last, have, e);
        rc = rc != 0 ? rc : make_missing(pg, table, first, have, n, e);
        rc = rc != 0 ? rc : pg_exec(pg, "COMMIT", e);
        if (rc != 0) {
            (void)pg_rollback(pg);
        } else {
            *made = missing(have, n);
        }
    }
    mem_free(have);
    if (rc != 0) {
        err_wrap(e, "partitions of %s", table);
    }
    return rc;
}

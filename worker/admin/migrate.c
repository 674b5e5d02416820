#include "worker/admin/migrate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/io/pg.h"
#include "worker/admin/ddl.h"
#include "worker/admin/schema.h"

#define SESSION_OPTIONS "-c lock_timeout=10s"
#define LOCK_KEY "7236285031725" /* ours in the database: "tidegate migrate" */
#define DDL_MAX (1U << 20)

struct migration {
    struct pg *pg;
    struct buf *report;
    struct buf sql;
};

static int full(struct err *e)
{
    err_set(e, ERR_LIMIT, "migrate: a text is longer than its buffer");
    return -1;
}

/* Runs what is in m->sql and empties it. */
static int run_sql(struct migration *m, struct err *e)
{
    int rc = buf_add(&m->sql, "", 1) != 0 ? full(e) : pg_exec(m->pg, m->sql.p, e);
    buf_reset(&m->sql);
    return rc;
}

/* --- columns ---------------------------------------------------------------------------------- */

static int refuse_type(struct migration *m, const struct stream *s, const struct ddl_column *c,
                       const char *is, struct err *e)
{
    buf_reset(&m->sql);
    if (ddl_change_type(&m->sql, s->table, c) != 0 || buf_add(&m->sql, "", 1) != 0) {
        return full(e);
    }
    err_set(e, ERR_DENIED,
            "table %s: column %s is %s, contract %s wants %s; the change rewrites the table, "
            "a person has to run: %s",
            s->table, c->name, is, contract_name(s->contract), c->type, m->sql.p);
    return -1;
}

static int extend_table(struct migration *m, const struct stream *s, const struct pg_result *have,
                        struct err *e)
{
    if (strcmp(pg_value(have, 0, 2), "p") != 0) {
        err_set(e, ERR_DENIED, "table %s exists and is not partitioned by range of event_time",
                s->table);
        return -1;
    }
    struct ddl_column columns[DDL_COLUMNS_MAX];
    size_t n = ddl_columns(s->contract, columns);
    for (size_t i = 0; i < n; i++) {
        const char *is = schema_type(have, columns[i].name);
        if (is != NULL && strcmp(is, columns[i].type) != 0) {
            return refuse_type(m, s, &columns[i], is, e);
        }
        if (is != NULL) {
            continue;
        }
        if (ddl_add_column(&m->sql, s->table, &columns[i]) != 0 ||
            buf_addf(m->report, "table %s: column %s %s added\n", s->table, columns[i].name,
                     columns[i].type) != 0) {
            return full(e);
        }
        if (run_sql(m, e) != 0) {
            return -1;
        }
    }
    return 0;
}

static int apply_table(struct migration *m, const struct stream *s, struct err *e)
{
    struct pg_result *have = schema_read(m->pg, s->table, e);
    if (have == NULL) {
        return -1;
    }
    int rc;
    if (pg_rows(have) > 0) {
        rc = extend_table(m, s, have, e);
    } else if (ddl_create(&m->sql, s->table, s->contract) != 0 ||
               buf_addf(m->report, "table %s: created\n", s->table) != 0) {
        rc = full(e);
    } else {
        rc = run_sql(m, e);
    }
    pg_result_free(have);
    return rc;
}

/* --- versions --------------------------------------------------------------------------------- */

static int record_version(struct migration *m, const struct stream *s, struct err *e)
{
    char version[24];
    (void)snprintf(version, sizeof version, "%" PRId64, contract_version(s->contract));
    struct str source = contract_source(s->contract);
    buf_reset(&m->sql); /* the source as a C string */
    if (buf_add_str(&m->sql, source) != 0 || buf_add(&m->sql, "", 1) != 0 ||
        buf_addf(m->report, "contract %s: version %s recorded\n", contract_name(s->contract),
                 version) != 0) {
        return full(e);
    }
    const char *params[] = {contract_name(s->contract), version, m->sql.p};
    struct pg_result *r =
        pg_query(m->pg,
                 "INSERT INTO contract_version (name, version, applied_at, source) "
                 "VALUES ($1, $2, now(), $3) ON CONFLICT (name, version) DO UPDATE "
                 "SET applied_at = excluded.applied_at, source = excluded.source",
                 3, params, e);
    buf_reset(&m->sql);
    pg_result_free(r);
    return r == NULL ? -1 : 0;
}

/* Is the step from the recorded contract to ours allowed? */
static int check_step(const struct stream *s, int64_t recorded, struct str source, struct err *e)
{
    const char *name = contract_name(s->contract);
    int64_t ours = contract_version(s->contract);
    if (ours < recorded) {
        err_set(e, ERR_CONFIG,
                "contract %s: version %" PRId64 " is older than %" PRId64
                ", which the database has",
                name, ours, recorded);
        return -1;
    }
    struct err ignored;
    struct contract *older = contract_compile("contract_version", name, source, &ignored);
    if (older == NULL || ours > recorded) {
        contract_free(older); /* an older format, or a step that its number announces */
        return 0;
    }
    struct buf lines;
    buf_init(&lines, ERR_TEXT_MAX);
    int rc = 0;
    if (contract_diff(older, s->contract, &lines) == CONTRACT_BREAKING) {
        err_set(e, ERR_CONFIG,
                "contract %s: version %" PRId64 " changed in a breaking way; "
                "raise x-version: %.*s",
                name, ours, (int)lines.n, lines.n == 0 ? "" : lines.p);
        rc = -1;
    }
    buf_release(&lines);
    contract_free(older);
    return rc;
}

static int apply_version(struct migration *m, const struct stream *s, struct err *e)
{
    const char *params[] = {contract_name(s->contract)};
    struct pg_result *r = pg_query(m->pg,
                                   "SELECT version, source FROM contract_version "
                                   "WHERE name = $1 ORDER BY version DESC LIMIT 1",
                                   1, params, e);
    if (r == NULL) {
        return -1;
    }
    int rc = 0;
    bool same = false;
    if (pg_rows(r) > 0) {
        struct str source = {pg_value(r, 0, 1), pg_value_length(r, 0, 1)};
        int64_t recorded = strtoll(pg_value(r, 0, 0), NULL, 10);
        same = recorded == contract_version(s->contract) &&
               str_eq(source, contract_source(s->contract));
        rc = same ? 0 : check_step(s, recorded, source, e);
    }
    pg_result_free(r);
    return rc != 0 || same ? rc : record_version(m, s, e);
}

/* --- all -------------------------------------------------------------------------------------- */

static int apply_all(struct migration *m, const struct streams *streams, struct err *e)
{
    if (pg_exec(m->pg, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_KEY ")", e) != 0 ||
        pg_exec(m->pg, ddl_worker_tables, e) != 0) {
        return -1;
    }
    for (size_t i = 0; i < streams->n; i++) {
        if (apply_version(m, &streams->items[i], e) != 0 ||
            apply_table(m, &streams->items[i], e) != 0) {
            return -1;
        }
    }
    return pg_exec(m->pg, "COMMIT", e);
}

int migrate(const struct upkeep_options *options, struct buf *report, struct err *e)
{
    struct migration m = {.report = report};
    m.pg = pg_connect(options->url, "tidegate-migrate", SESSION_OPTIONS, e);
    if (m.pg == NULL) {
        return -1;
    }
    buf_init(&m.sql, DDL_MAX);
    size_t made = 0;
    int rc = apply_all(&m, options->streams, e);
    if (rc != 0) {
        (void)pg_rollback(m.pg);
    } else {
        rc = upkeep_partitions(m.pg, options, clock_wall_us(), &made, e);
    }
    if (rc == 0 && made > 0 && buf_addf(report, "%zu partitions made\n", made) != 0) {
        rc = full(e);
    }
    buf_release(&m.sql);
    pg_close(m.pg);
    return rc;
}

#include "tests/unit/worker/load/fake_pg.h"

/*
 * The fake behind common/io/pg.h. Included by the one test that uses it: a unit test is one program
 * of one source.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/io/pg.h"
#include "tests/unit/worker/fixture.h"

struct fake_db fake_db;

struct pg {
    bool usable;
    bool failed; /* the transaction is */
    bool copy_dead;
    struct buf copied;
};

struct pg_result {
    size_t n;
    struct {
        char text[4][32];
    } rows[FAKE_PARTITIONS];
    bool columns; /* of schema_read */
};

static bool take_fault(enum fake_fault fault)
{
    if (fake_db.fault != fault) {
        return false;
    }
    fake_db.fault = FAKE_NONE;
    return true;
}

static int fail_with(struct pg *pg, const char *sqlstate, struct err *e)
{
    pg->failed = true;
    err_set(e, pg_sqlstate_code(sqlstate), "fake");
    (void)snprintf(e->detail, sizeof e->detail, "%s", sqlstate);
    if (sqlstate[0] == '\0') {
        pg->usable = false;
        fake_db.n_pending = 0; /* the server rolls back */
    }
    return -1;
}

struct pg *pg_connect(const char *url, const char *application, const char *options, struct err *e)
{
    (void)url;
    (void)application;
    (void)options;
    if (take_fault(FAKE_REFUSE_CONNECT)) {
        err_set(e, ERR_UNAVAILABLE, "refused");
        return NULL;
    }
    fake_db.connects++;
    fake_db.n_pending = 0;
    struct pg *pg = mem_calloc(1, sizeof *pg);
    pg->usable = true;
    buf_init(&pg->copied, SIZE_MAX / 2);
    return pg;
}

void pg_close(struct pg *pg)
{
    if (pg != NULL) {
        buf_release(&pg->copied);
        mem_free(pg);
    }
}

bool pg_usable(const struct pg *pg)
{
    return pg->usable;
}

bool pg_rollback(struct pg *pg)
{
    fake_db.n_pending = 0;
    pg->failed = false;
    return pg->usable;
}

/* The next "(…)" of the VALUES list: partition, epoch, from, to. */
static const char *next_span(const char *at, int64_t v[4])
{
    at = strstr(at, "('t.car'");
    if (at == NULL) {
        return NULL;
    }
    at = strchr(at, ',');
    for (int i = 0; i < 4; i++) {
        char *end;
        v[i] = strtoll(at + 1, &end, 10);
        at = i < 3 ? strchr(end, ',') : end;
    }
    return at;
}

static int advance(struct pg *pg, const char *sql, struct err *e)
{
    int64_t v[4];
    if (take_fault(FAKE_OTHER_CLAIMS)) {
        for (size_t i = 0; i < FAKE_PARTITIONS; i++) {
            fake_db.offsets[i].epoch++;
        }
    }
    for (const char *at = next_span(sql, v); at != NULL; at = next_span(at, v)) {
        const struct fake_row *row = &fake_db.offsets[v[0]];
        if (!row->found || row->epoch != v[1] || row->next != v[2]) {
            return fail_with(pg, "22012", e);
        }
    }
    if (take_fault(FAKE_SERIALIZATION)) {
        return fail_with(pg, "40001", e);
    }
    if (take_fault(FAKE_LOST_BEFORE_COMMIT)) {
        return fail_with(pg, "", e);
    }
    for (const char *at = next_span(sql, v); at != NULL; at = next_span(at, v)) {
        fake_db.offsets[v[0]].next = v[3];
    }
    for (size_t i = 0; i < fake_db.n_pending; i++) {
        uint8_t *count = fake_db.pending[i].dead ? fake_db.dead[fake_db.pending[i].partition]
                                                 : fake_db.stored[fake_db.pending[i].partition];
        count[fake_db.pending[i].offset]++;
    }
    fake_db.n_pending = 0;
    if (take_fault(FAKE_LOST_AFTER_COMMIT)) {
        return fail_with(pg, "", e);
    }
    return 0;
}

int pg_exec(struct pg *pg, const char *sql, struct err *e)
{
    if (!pg->usable) {
        return fail_with(pg, "", e);
    }
    return strncmp(sql, "WITH v(", 7) == 0 ? advance(pg, sql, e) : 0;
}

static void add_row(struct pg_result *r, int64_t partition)
{
    const struct fake_row *row = &fake_db.offsets[partition];
    (void)snprintf(r->rows[r->n].text[0], 32, "t.car");
    (void)snprintf(r->rows[r->n].text[1], 32, "%" PRId64, partition);
    (void)snprintf(r->rows[r->n].text[2], 32, "%" PRId64, row->next);
    (void)snprintf(r->rows[r->n].text[3], 32, "%" PRId64, row->epoch);
    r->n++;
}

struct pg_result *pg_query(struct pg *pg, const char *sql, size_t n, const char *const *params,
                           struct err *e)
{
    (void)n;
    (void)params;
    struct pg_result *r = mem_calloc(1, sizeof *r);
    int64_t v[4];
    if (!pg->usable || (strstr(sql, "FOR UPDATE") != NULL && take_fault(FAKE_LOST_IN_ASK))) {
        mem_free(r);
        (void)fail_with(pg, "", e);
        return NULL;
    }
    if (strstr(sql, "pg_attribute") != NULL) {
        r->columns = true;
        r->n = 12; /* the columns of the fixture's table */
    } else if (strncmp(sql, "WITH v(", 7) == 0) {
        for (const char *at = next_span(sql, v); at != NULL; at = next_span(at, v)) {
            add_row(r, v[0]);
        }
    } else if (strncmp(sql, "INSERT INTO ingest_offset", 25) == 0) {
        for (int64_t p = 0; p < FAKE_PARTITIONS; p++) {
            fake_db.offsets[p].found = true;
            fake_db.offsets[p].epoch++;
            add_row(r, p);
        }
    } else if (strstr(sql, "pg_inherits") != NULL) {
        (void)snprintf(r->rows[0].text[0], 32, "car_p20261121");
        r->n = 1;
    }
    return r;
}

size_t pg_rows(const struct pg_result *r)
{
    return r->n;
}

const char *pg_value(const struct pg_result *r, size_t row, size_t column)
{
    static const char *const columns[][3] = {
        {"event_time", "timestamp with time zone", "p"},
        {"received_at", "timestamp with time zone", "p"},
        {"koff", "bigint", "p"},
        {"km", "bigint", "p"},
        {"soc", "real", "p"},
        {"kpart", "smallint", "p"},
        {"flags", "smallint", "p"},
        {"event_id", "uuid", "p"},
        {"tenant", "text", "p"},
        {"device", "text", "p"},
        {"note", "text", "p"},
        {"extra", "jsonb", "p"},
    };
    return r->columns ? columns[row][column] : r->rows[row].text[column];
}

void pg_result_free(struct pg_result *r)
{
    mem_free(r);
}

int pg_copy_in_begin(struct pg *pg, const char *sql, struct err *e)
{
    if (!pg->usable) {
        return fail_with(pg, "", e);
    }
    pg->copy_dead = strstr(sql, "COPY dead_event") != NULL;
    buf_reset(&pg->copied);
    fake_db.copies++;
    return 0;
}

int pg_copy_in_put(struct pg *pg, const void *p, size_t n, struct err *e)
{
    (void)e;
    return buf_add(&pg->copied, p, n);
}

/* A row into the transaction. false when it is refused. */
static bool take_row(const struct pg *pg, const char *row, size_t size)
{
    struct fixture_field f[16];
    (void)fixture_fields(row, size, f, 16);
    int32_t partition = (int32_t)(pg->copy_dead ? fixture_be(f[1].p, 4) : fixture_be(f[7].p, 2));
    int64_t offset = (int64_t)fixture_be(f[2].p, 8);
    if (!pg->copy_dead && fake_db.refuse_modulo != 0 && offset % fake_db.refuse_modulo == 0) {
        return false;
    }
    fake_db.pending[fake_db.n_pending].partition = partition;
    fake_db.pending[fake_db.n_pending].offset = offset;
    fake_db.pending[fake_db.n_pending].dead = pg->copy_dead;
    fake_db.n_pending++;
    return true;
}

/* Length of the row at p: its fields end to end. */
static size_t row_size(const char *p)
{
    size_t at = 2;
    for (uint64_t i = fixture_be(p, 2); i > 0; i--) {
        int32_t n = (int32_t)fixture_be(p + at, 4);
        at += 4 + (n < 0 ? 0 : (size_t)n);
    }
    return at;
}

int pg_copy_in_end(struct pg *pg, int64_t *line, struct err *e)
{
    *line = -1;
    if (take_fault(FAKE_LOST_IN_COPY)) {
        return fail_with(pg, "", e);
    }
    if (take_fault(FAKE_DISK_FULL)) {
        return fail_with(pg, "53100", e);
    }
    int64_t number = 1;
    size_t at = 19;
    for (; fixture_be(pg->copied.p + at, 2) != 0xffff; number++) {
        size_t size = row_size(pg->copied.p + at);
        if (!take_row(pg, pg->copied.p + at, size)) {
            *line = fake_db.refuse_with_line ? number : -1;
            return fail_with(pg, "22P05", e);
        }
        at += size;
    }
    assert_int_equal(at + 2, pg->copied.n);
    return 0;
}

/* Deduplication windows are refilled with these; no test here has windows. */
int pg_copy_out_begin(struct pg *pg, const char *sql, struct err *e)
{
    (void)sql;
    return fail_with(pg, "0A000", e);
}

int64_t pg_copy_out_get(struct pg *pg, const char **p, struct err *e)
{
    (void)p;
    return fail_with(pg, "0A000", e);
}

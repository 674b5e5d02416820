/*
 * SQL of audit and follower, and rows from binary COPY to digests.
 */
#include "loadtest/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract/copy_fields.h"
#include "common/contract/time.h"
#include "loadtest/audit_check.h"
#include "loadtest/ident.h"

#define NAME_MAX_BYTES 256

int table_add_name(struct buf *sql, const char *table, struct err *e)
{
    char part[NAME_MAX_BYTES];
    char quoted[2 * NAME_MAX_BYTES + 3];
    const char *dot = strchr(table, '.');
    size_t n = dot == NULL ? 0 : (size_t)(dot - table);
    if (strlen(table) >= NAME_MAX_BYTES) {
        err_set(e, ERR_USAGE, "--table: name too long");
        return -1;
    }
    memcpy(part, table, n);
    part[n] = '\0';
    bool ok = true;
    if (dot != NULL) {
        ok = pg_quote_ident(part, quoted, sizeof quoted) == 0 && buf_addf(sql, "%s.", quoted) == 0;
    }
    ok = ok && pg_quote_ident(dot == NULL ? table : dot + 1, quoted, sizeof quoted) == 0 &&
         buf_addf(sql, "%s", quoted) == 0;
    if (!ok) {
        err_set(e, ERR_USAGE, "--table %s: not a name", table);
        return -1;
    }
    return 0;
}

int table_add_ids(struct buf *sql, uint64_t run, uint32_t devices)
{
    uint8_t id[IDENT_SIZE];
    char first[IDENT_TEXT];
    char last[IDENT_TEXT];
    ident_make(run, 0, 0, id);
    ident_text(id, first);
    ident_make(run, devices - 1, UINT32_MAX, id);
    ident_text(id, last);
    return buf_addf(sql, "event_id BETWEEN '%.*s' AND '%.*s'", IDENT_TEXT, first, IDENT_TEXT, last);
}

static int add_where(struct buf *sql, const struct table_range *range)
{
    char first[TIME_RFC3339_MAX];
    char last[TIME_RFC3339_MAX];
    time_format_rfc3339(range->first_us, first);
    time_format_rfc3339(range->last_us, last);
    if (buf_addf(sql, " WHERE event_time BETWEEN '%s' AND '%s' AND ", first, last) != 0) {
        return -1;
    }
    return table_add_ids(sql, range->run, IDENT_DEVICES_MAX);
}

int table_commit_times(struct pg *pg, bool *on, struct err *e)
{
    struct pg_result *r = pg_query(pg, "SHOW track_commit_timestamp", 0, NULL, e);
    if (r == NULL) {
        return -1;
    }
    const char *v = pg_rows(r) == 1 ? pg_value(r, 0, 0) : NULL;
    *on = v != NULL && strcmp(v, "on") == 0;
    pg_result_free(r);
    return 0;
}

int table_count(struct pg *pg, const struct table_range *range, uint64_t *n, struct err *e)
{
    struct buf sql;
    buf_init(&sql, TABLE_SQL_MAX);
    int rc = -1;
    if (buf_addf(&sql, "SELECT count(*) FROM ") == 0 &&
        table_add_name(&sql, range->table, e) == 0 && add_where(&sql, range) == 0 &&
        buf_add(&sql, "", 1) == 0) {
        struct pg_result *r = pg_query(pg, sql.p, 0, NULL, e);
        const char *v = r != NULL && pg_rows(r) == 1 ? pg_value(r, 0, 0) : NULL;
        if (v != NULL) {
            *n = strtoull(v, NULL, 10);
            rc = 0;
        }
        pg_result_free(r);
    }
    buf_release(&sql);
    return rc;
}

int table_copy_sql(struct buf *sql, const struct ledger_run *run, const struct table_range *range,
                   bool commit_times, struct err *e)
{
    bool ok = buf_addf(sql,
                       "COPY (SELECT event_id, kpart, koff, event_time, device, extra IS NOT "
                       "NULL, %s",
                       commit_times ? "pg_xact_commit_timestamp(xmin)" : "NULL::timestamptz") == 0;
    char quoted[2 * sizeof run->columns[0].name + 3];
    for (uint32_t i = 0; ok && i < run->n_columns; i++) {
        ok = pg_quote_ident(run->columns[i].name, quoted, sizeof quoted) == 0 &&
             buf_addf(sql, ", %s", quoted) == 0;
    }
    ok = ok && buf_addf(sql, " FROM ") == 0;
    if (ok && table_add_name(sql, range->table, e) != 0) {
        return -1;
    }
    ok = ok && add_where(sql, range) == 0 && buf_addf(sql, ") TO STDOUT (FORMAT binary)") == 0 &&
         buf_add(sql, "", 1) == 0;
    if (!ok) {
        err_set(e, ERR_LIMIT, "the audit's statement is too long");
        return -1;
    }
    return 0;
}

static bool digest_number(struct digest *d, enum digest_type type, const struct copy_field *f)
{
    if (type == DIGEST_REAL && f->n == 4) {
        int32_t bits = copy_field_read_int4(f->p);
        float v;
        memcpy(&v, &bits, sizeof v);
        digest_real(d, v);
        return true;
    }
    if (type == DIGEST_FLOAT8 && f->n == 8) {
        int64_t bits = copy_field_read_int8(f->p);
        double v;
        memcpy(&v, &bits, sizeof v);
        digest_float8(d, v);
        return true;
    }
    if (type == DIGEST_INT && (f->n == 2 || f->n == 4 || f->n == 8)) {
        digest_int(d, type,
                   f->n == 2   ? copy_field_read_int2(f->p)
                   : f->n == 4 ? copy_field_read_int4(f->p)
                               : copy_field_read_int8(f->p));
        return true;
    }
    return false;
}

static bool digest_field(struct digest *d, enum digest_type type, const struct copy_field *f)
{
    if (f->n < 0) {
        digest_null(d);
        return true;
    }
    switch (type) {
    case DIGEST_REAL:
    case DIGEST_FLOAT8:
    case DIGEST_INT:
        return digest_number(d, type, f);
    case DIGEST_BOOL:
        if (f->n != 1) {
            return false;
        }
        digest_int(d, type, f->p[0]);
        return true;
    case DIGEST_TEXT:
        digest_text(d, (struct str){(const char *)f->p, (size_t)f->n});
        return true;
    case DIGEST_TIME:
        if (f->n != 8) {
            return false;
        }
        digest_int(d, type, copy_field_read_int8(f->p) + COPY_EPOCH_US);
        return true;
    case DIGEST_UUID:
        if (f->n != 16) {
            return false;
        }
        digest_uuid(d, f->p);
        return true;
    case DIGEST_NULL:
        break;
    }
    return false;
}

static int wrong_type(const char *column, struct err *e)
{
    err_set(e, ERR_INVALID, "column %s has not the type that the ledger's contract gives it",
            column);
    return -1;
}

int table_decode_row(const struct ledger_run *run, const struct copy_field *fields,
                     struct audit_row *row, bool *ours, struct err *e)
{
    static const struct {
        const char *name;
        int32_t n;
    } fixed[] = {{"event_id", 16}, {"kpart", 2}, {"koff", 8}, {"event_time", 8}};
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (fields[i].n != fixed[i].n) {
            return wrong_type(fixed[i].name, e);
        }
    }
    *ours = ident_parse(run->run, fields[0].p, &row->device, &row->seq);
    if (!*ours) {
        return 0;
    }
    row->kpart = copy_field_read_int2(fields[1].p);
    row->koff = copy_field_read_int8(fields[2].p);
    int64_t time_us = copy_field_read_int8(fields[3].p) + COPY_EPOCH_US;
    size_t device_n = fields[4].n > 0 ? (size_t)fields[4].n : 0;
    row->extra = fields[5].n == 1 && fields[5].p[0] != 0;
    row->commit_us =
        fields[6].n == 8 ? copy_field_read_int8(fields[6].p) + COPY_EPOCH_US : INT64_MIN;
    struct digest d;
    digest_begin(&d, time_us, (struct str){(const char *)fields[4].p, device_n});
    for (uint32_t i = 0; i < run->n_columns; i++) {
        const struct ledger_column *c = &run->columns[i];
        if (!digest_field(&d, (enum digest_type)c->type, &fields[TABLE_FIXED_FIELDS + i])) {
            return wrong_type(c->name, e);
        }
    }
    row->digest = digest_end(&d);
    return 0;
}

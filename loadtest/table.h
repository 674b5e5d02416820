/*
 * The table of a run in PostgreSQL: which rows are ours, how they are read.
 */
#ifndef TIDEGATE_LOADTEST_TABLE_H
#define TIDEGATE_LOADTEST_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/pg.h"
#include "loadtest/copy_reader.h"
#include "loadtest/ledger.h"

#define TABLE_SQL_MAX ((size_t)64 << 10)

/* Appends "name" or "schema"."name", quoted. 0, or -1 with e (ERR_USAGE). */
int table_add_name(struct buf *sql, const char *table, struct err *e) MUST_CHECK;

/* Appends event_id BETWEEN … for the ids of a run's devices below devices. 0 or -1. */
int table_add_ids(struct buf *sql, uint64_t run, uint32_t devices) MUST_CHECK;

/* Does the server keep commit times (track_commit_timestamp)? 0 and *on, or -1 with e. */
int table_commit_times(struct pg *pg, bool *on, struct err *e) MUST_CHECK;

/* Rows of this run between two event times (Unix us, both within). Blocks. 0, or -1 with e. */
struct table_range {
    const char *table;
    uint64_t run;
    int64_t first_us;
    int64_t last_us;
};
int table_count(struct pg *pg, const struct table_range *range, uint64_t *n,
                struct err *e) MUST_CHECK;

/* --- the audit's view of a row ------------------------------------------------------------------
 */

#define TABLE_FIXED_FIELDS 7 /* event_id kpart koff event_time device extra commit */

/* COPY statement for all rows of the range: the fixed fields, then the columns of run. 0, or -1
 * with e. */
int table_copy_sql(struct buf *sql, const struct ledger_run *run, const struct table_range *range,
                   bool commit_times, struct err *e) MUST_CHECK;

struct audit_row;
/* Decodes one row of that statement. False: an id of another run, left out. -1 with e: a column has
 * another type than the ledger says. */
int table_decode_row(const struct ledger_run *run, const struct copy_field *fields,
                     struct audit_row *row, bool *ours, struct err *e) MUST_CHECK;

#endif

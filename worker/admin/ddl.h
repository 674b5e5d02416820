/*
 * The tables that the worker needs, as SQL. Pure.
 */
#ifndef TIDEGATE_WORKER_ADMIN_DDL_H
#define TIDEGATE_WORKER_ADMIN_DDL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/contract/contract.h"

/* Tables of the worker itself; every statement may run again. */
extern const char ddl_worker_tables[];

/* A column that a stream's table must have. */
struct ddl_column {
    const char *name;
    const char *type; /* as format_type() of PostgreSQL writes it */
    bool fixed;       /* ours; not from the contract */
};

/* The columns of the contract's table in their order on disk: 8-byte ones first, so that rows have
 * no padding. Returns their number; out has room for DDL_COLUMNS_MAX. */
#define DDL_COLUMNS_MAX (CONTRACT_COLUMNS_MAX + 16)
size_t ddl_columns(const struct contract *c, struct ddl_column *out);

/* CREATE TABLE … PARTITION BY RANGE (event_time) with its BRIN indexes. 0, or -1 when out's limit
 * ends. */
int ddl_create(struct buf *out, const char *table, const struct contract *c) MUST_CHECK;

/* ALTER TABLE … ADD COLUMN. */
int ddl_add_column(struct buf *out, const char *table, const struct ddl_column *column) MUST_CHECK;

/* The statement that a person would have to run to change a column's type. */
int ddl_change_type(struct buf *out, const char *table, const struct ddl_column *column) MUST_CHECK;

#endif

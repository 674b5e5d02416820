/*
 * What a table in the database looks like, beside what its contract wants.
 */
#ifndef TIDEGATE_WORKER_ADMIN_SCHEMA_H
#define TIDEGATE_WORKER_ADMIN_SCHEMA_H

#include <stdbool.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/io/pg.h"
#include "worker/admin/ddl.h"
#include "worker/streams.h"

/* The columns of a table; no rows in the result: there is no such table. NULL with e. Caller frees
 * by pg_result_free. Blocks on the network. */
struct pg_result *schema_read(struct pg *pg, const char *table, struct err *e) MUST_CHECK;

/* Type of a column as format_type() writes it, NULL when there is none of that name. Borrowed. */
const char *schema_type(const struct pg_result *columns, const char *name);

/* Can the table hold rows of the stream? 0, or -1 with e: ERR_DENIED names the column, or that
 * there is no table of that name which is partitioned. */
int schema_check(const struct pg_result *columns, const struct stream *s, struct err *e) MUST_CHECK;

#endif

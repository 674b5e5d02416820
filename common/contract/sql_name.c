/*
 * Plain SQL identifiers: [a-z_][a-z0-9_]*, no reserved word, nothing that Tidegate or PostgreSQL
 * uses itself. Any thread.
 */
#include "common/contract/sql_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/base/compiler.h"

/* Columns of every table, then PostgreSQL's system columns (its documentation, section 5.5). */
static const char *const fixed_columns[] = {
    "event_time", "received_at", "koff", "tenant", "device", "event_id", "kpart", "flags",
    "extra",      "tableoid",    "xmin", "cmin",   "xmax",   "cmax",     "ctid",
};

static const char *const own_tables[] = {
    "ingest_offset", "dead_event", "contract_version", "anomaly", "rollup_hour",
};

/* PostgreSQL's appendix "SQL Key Words": reserved, also where a function or type name is allowed;
 * union of versions 15 to 17. */
static const char *const reserved[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
};

static bool is_listed(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_plain(const char *name)
{
    if (!((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_')) {
        return false;
    }
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

const char *sql_column_refusal(const char *name)
{
    if (!is_plain(name)) {
        return "is no plain SQL identifier ([a-z_][a-z0-9_]*)";
    }
    if (strlen(name) > SQL_COLUMN_MAX) {
        return "is longer than 63 bytes";
    }
    if (is_listed(name, fixed_columns, ARRAY_SIZE(fixed_columns))) {
        return "is a column that every table has";
    }
    return is_listed(name, reserved, ARRAY_SIZE(reserved)) ? "is a reserved word of SQL" : NULL;
}

const char *sql_table_refusal(const char *name)
{
    if (!is_plain(name)) {
        return "is no plain SQL identifier ([a-z_][a-z0-9_]*)";
    }
    if (strlen(name) > SQL_TABLE_MAX) {
        return "is longer than 40 bytes";
    }
    if (is_listed(name, own_tables, ARRAY_SIZE(own_tables)) || strncmp(name, "pg_", 3) == 0) {
        return "is a table of the system";
    }
    return is_listed(name, reserved, ARRAY_SIZE(reserved)) ? "is a reserved word of SQL" : NULL;
}

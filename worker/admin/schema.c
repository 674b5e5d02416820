#include "worker/admin/schema.h"

#include <string.h>

#include "worker/admin/leaf.h"

struct pg_result *schema_read(struct pg *pg, const char *table, struct err *e)
{
    char quoted[2 * LEAF_NAME_SIZE + 3];
    if (pg_quote_ident(table, quoted, sizeof quoted) != 0) {
        err_set(e, ERR_CONFIG, "table %s: its name is too long", table);
        return NULL;
    }
    const char *params[] = {quoted};
    return pg_query(pg,
                    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), c.relkind "
                    "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                    "WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped",
                    1, params, e);
}

const char *schema_type(const struct pg_result *columns, const char *name)
{
    for (size_t i = 0; i < pg_rows(columns); i++) {
        if (strcmp(pg_value(columns, i, 0), name) == 0) {
            return pg_value(columns, i, 1);
        }
    }
    return NULL;
}

int schema_check(const struct pg_result *columns, const struct stream *s, struct err *e)
{
    if (pg_rows(columns) == 0) {
        err_set(e, ERR_DENIED, "table %s does not exist", s->table);
        return -1;
    }
    if (strcmp(pg_value(columns, 0, 2), "p") != 0) {
        err_set(e, ERR_DENIED, "table %s is not partitioned by range of event_time", s->table);
        return -1;
    }
    struct ddl_column wanted[DDL_COLUMNS_MAX];
    size_t n = ddl_columns(s->contract, wanted);
    for (size_t i = 0; i < n; i++) {
        const char *is = schema_type(columns, wanted[i].name);
        if (is == NULL || strcmp(is, wanted[i].type) != 0) {
            err_set(e, ERR_DENIED, "table %s: column %s is %s, contract %s wants %s", s->table,
                    wanted[i].name, is == NULL ? "missing" : is, contract_name(s->contract),
                    wanted[i].type);
            return -1;
        }
    }
    return 0;
}

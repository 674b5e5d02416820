#include "worker/admin/ddl.h"

#include <assert.h>
#include <string.h>

#include "common/io/pg.h"
#include "worker/streams.h"

/* fillfactor: offsets are updated several times a second; room on the page keeps them heap-only
 * tuples that need no index entry. */
const char ddl_worker_tables[] =
    "CREATE TABLE IF NOT EXISTS ingest_offset ("
    " cluster_id text NOT NULL, topic text NOT NULL, part int4 NOT NULL,"
    " next_off int8 NOT NULL, rollup_off int8 NOT NULL, epoch int8 NOT NULL,"
    " owner text, pg_pid int4, updated_at timestamptz,"
    " PRIMARY KEY (cluster_id, topic, part)) WITH (fillfactor = 20);"
    "CREATE TABLE IF NOT EXISTS dead_event ("
    " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " topic text NOT NULL, kpart int4 NOT NULL, koff int8 NOT NULL,"
    " stage text NOT NULL, reason text NOT NULL, sqlstate text,"
    " key bytea, raw bytea, first_seen timestamptz NOT NULL);"
    "CREATE INDEX IF NOT EXISTS dead_event_place ON dead_event (topic, kpart, koff);"
    "CREATE TABLE IF NOT EXISTS contract_version ("
    " name text NOT NULL, version int8 NOT NULL, applied_at timestamptz NOT NULL,"
    " source text NOT NULL, PRIMARY KEY (name, version));";

static const struct ddl_column head[] = {
    {"event_time", "timestamp with time zone", true},
    {"received_at", "timestamp with time zone", true},
    {"koff", "bigint", true},
};

static const struct ddl_column tail[] = {
    {"kpart", "smallint", true}, {"flags", "smallint", true}, {"event_id", "uuid", true},
    {"tenant", "text", true},    {"device", "text", true},
};

/* Groups of alignment on disk, widest first; what has no fixed width comes last. */
static int alignment_group(enum column_type type)
{
    switch (type) {
    case COLUMN_FLOAT8:
    case COLUMN_INT8:
    case COLUMN_TIMESTAMPTZ:
        return 0;
    case COLUMN_REAL:
    case COLUMN_INT4:
        return 1;
    case COLUMN_INT2:
        return 2;
    case COLUMN_BOOL:
    case COLUMN_UUID:
        return 3;
    case COLUMN_TEXT:
        return 5;
    }
    assert(!"column type");
    return 5;
}
#define GROUP_TAIL 4
#define GROUPS 6

/* format_type() spells some types differently from column_type_sql. */
static const char *format_type(enum column_type type)
{
    switch (type) {
    case COLUMN_REAL:
        return "real";
    case COLUMN_FLOAT8:
        return "double precision";
    case COLUMN_INT2:
        return "smallint";
    case COLUMN_INT4:
        return "integer";
    case COLUMN_INT8:
        return "bigint";
    case COLUMN_BOOL:
        return "boolean";
    case COLUMN_TEXT:
        return "text";
    case COLUMN_TIMESTAMPTZ:
        return "timestamp with time zone";
    case COLUMN_UUID:
        return "uuid";
    }
    assert(!"column type");
    return "text";
}

size_t ddl_columns(const struct contract *c, struct ddl_column *out)
{
    size_t n_typed;
    const struct contract_column *typed = contract_columns(c, &n_typed);
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(head); i++) {
        out[n++] = head[i];
    }
    for (int group = 0; group < GROUPS; group++) {
        for (size_t i = 0; group == GROUP_TAIL && i < ARRAY_SIZE(tail); i++) {
            out[n++] = tail[i];
        }
        for (size_t i = 0; i < n_typed; i++) {
            if (alignment_group(typed[i].type) == group) {
                out[n++] = (struct ddl_column){typed[i].name, format_type(typed[i].type), false};
            }
        }
    }
    out[n++] = (struct ddl_column){"extra", "jsonb", true};
    assert(n <= DDL_COLUMNS_MAX);
    return n;
}

/* Text that is compared and sorted is ordered by bytes: the same everywhere, and as the rows of a
 * batch are sorted. */
static const char *decoration(const struct ddl_column *c)
{
    if (!c->fixed || strcmp(c->name, "extra") == 0) {
        return "";
    }
    return strcmp(c->type, "text") == 0 ? " COLLATE \"C\" NOT NULL" : " NOT NULL";
}

static int quoted(struct buf *out, const char *before, const char *name, const char *after)
{
    char text[STREAM_IDENT_SIZE + 64];
    if (pg_quote_ident(name, text, sizeof text) != 0) {
        return -1;
    }
    return buf_addf(out, "%s%s%s", before, text, after);
}

int ddl_create(struct buf *out, const char *table, const struct contract *c)
{
    struct ddl_column columns[DDL_COLUMNS_MAX];
    size_t n = ddl_columns(c, columns);
    if (quoted(out, "CREATE TABLE ", table, " (") != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (quoted(out, i == 0 ? "" : ", ", columns[i].name, " ") != 0 ||
            buf_addf(out, "%s%s", columns[i].type, decoration(&columns[i])) != 0) {
            return -1;
        }
    }
    if (buf_addf(out, ") PARTITION BY RANGE (event_time);") != 0 ||
        quoted(out, "CREATE INDEX ON ", table, " USING brin (event_time);") != 0 ||
        quoted(out, "CREATE INDEX ON ", table,
               " USING brin (device) WITH (pages_per_range = 1);") != 0) {
        return -1;
    }
    return quoted(out, "CREATE INDEX ON ", table, " USING brin (koff);");
}

int ddl_add_column(struct buf *out, const char *table, const struct ddl_column *column)
{
    if (quoted(out, "ALTER TABLE ", table, " ADD COLUMN ") != 0 ||
        quoted(out, "", column->name, " ") != 0) {
        return -1;
    }
    return buf_addf(out, "%s;", column->type);
}

int ddl_change_type(struct buf *out, const char *table, const struct ddl_column *column)
{
    if (quoted(out, "ALTER TABLE ", table, " ALTER COLUMN ") != 0 ||
        quoted(out, "", column->name, " TYPE ") != 0 || buf_addf(out, "%s USING ", column->type) ||
        quoted(out, "", column->name, "::") != 0) {
        return -1;
    }
    return buf_addf(out, "%s;", column->type);
}

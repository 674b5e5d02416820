#include "worker/streams.h"

#include <string.h>

#include "common/base/mem.h"
#include "worker/load/sql.h"

static int stream_init(struct stream *s, const struct contract *contract, const char *prefix,
                       struct err *e)
{
    s->contract = contract;
    s->name = str_of(contract_name(contract));
    if (contract_topic_name(contract, prefix, s->topic, sizeof s->topic) != 0) {
        err_set(e, ERR_CONFIG, "contract %s: its topic's name is longer than %d characters",
                contract_name(contract), STREAM_TOPIC_SIZE - 1);
        return -1;
    }
    const char *table = contract_table(contract);
    if (strlen(table) > STREAM_TABLE_MAX) {
        err_set(e, ERR_CONFIG, "contract %s: its table's name is longer than %d bytes",
                contract_name(contract), STREAM_TABLE_MAX);
        return -1;
    }
    memcpy(s->table, table, strlen(table) + 1);
    struct buf sql;
    buf_init(&sql, SQL_MAX);
    if (sql_copy_table(&sql, s->table, contract) != 0) {
        buf_release(&sql);
        err_set(e, ERR_CONFIG, "contract %s: too many columns for one statement",
                contract_name(contract));
        return -1;
    }
    size_t n = 0;
    s->copy_sql = buf_take(&sql, &n);
    return 0;
}

int streams_load(const char *dir, const char *topic_prefix, struct streams *out, struct err *e)
{
    *out = (struct streams){.n = 0};
    if (contract_set_load(dir, &out->contracts, e) != 0) {
        return -1;
    }
    out->items = mem_calloc(out->contracts.n, sizeof *out->items);
    for (size_t i = 0; i < out->contracts.n; i++) {
        out->n = i + 1;
        if (stream_init(&out->items[i], out->contracts.items[i], topic_prefix, e) != 0) {
            streams_release(out);
            return -1;
        }
    }
    return 0;
}

void streams_release(struct streams *s)
{
    for (size_t i = 0; i < s->n; i++) {
        mem_free(s->items[i].copy_sql);
    }
    mem_free(s->items);
    contract_set_release(&s->contracts);
    *s = (struct streams){.n = 0};
}

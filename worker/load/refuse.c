#include "worker/load/refuse.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "worker/consume/key.h"

#define FINDING_TEXT 256 /* bytes of the database's words that are kept */

/* Rows found so far in one table: numbers in its index, with what the database said. */
struct finding {
    uint32_t row;
    char sqlstate[6];
    char text[FINDING_TEXT];
};

struct findings {
    struct finding *items;
    size_t n;
    size_t cap;
};

static void add(struct findings *f, uint32_t row, const struct err *e)
{
    if (f->n == f->cap) {
        f->cap = f->cap == 0 ? 16 : f->cap * 2;
        f->items = mem_realloc(f->items, f->cap * sizeof *f->items);
    }
    struct finding *one = &f->items[f->n++];
    one->row = row;
    (void)snprintf(one->sqlstate, sizeof one->sqlstate, "%.5s", e->detail);
    (void)text_clean(str_of(e->text), one->text, sizeof one->text); /* may be cut in a character */
}

/* Runs the search over one table. false when it could not be finished. */
static bool search_table(struct transaction *tx, struct pg *pg, const struct batch *b,
                         uint32_t stream, struct search *s, struct findings *found)
{
    struct search_range range;
    while (search_next(s, &range)) {
        struct attempt a;
        transaction_try(tx, pg, b, stream, &range, &a);
        if (a.ok) {
            search_passed(s);
            continue;
        }
        if (!a.usable || pg_failure_class(&a.e) != PG_FAILURE_DATA) {
            return false;
        }
        size_t bad;
        if (search_refused(s, a.line, &bad)) {
            add(found, tx->orders[stream].rows[bad], &a.e);
        }
    }
    return true;
}

static size_t bury(const struct transaction *tx, struct batch *b, uint32_t stream,
                   const struct findings *found)
{
    size_t buried = 0;
    for (size_t i = 0; i < found->n; i++) {
        const struct dead what = {
            .topic = tx->scope.streams->items[stream].topic,
            .reason = DEAD_REFUSED,
            .detail = str_of(found->items[i].text),
            .sqlstate = found->items[i].sqlstate,
            .seen_us = clock_wall_us(),
        };
        buried += batch_refuse(b, stream, found->items[i].row, &what) == 0;
    }
    return buried;
}

int64_t refuse_rows(struct transaction *tx, struct pg *pg, struct batch *b,
                    const struct attempt *cause)
{
    size_t buried = 0;
    bool finished = true;
    for (uint32_t i = 0; i < b->n_tables && finished; i++) {
        bool suspect = cause->stage != ATTEMPT_ROWS || cause->stream == i;
        if (!suspect || tx->orders[i].n == 0) {
            continue;
        }
        struct findings found = {.n = 0};
        struct search s;
        search_begin(&s, tx->orders[i].n);
        finished = search_table(tx, pg, b, i, &s, &found);
        buried += bury(tx, b, i, &found);
        if (found.n > 0) {
            LOG(LOG_WARN, "rows_refused", log_str("table", tx->scope.streams->items[i].table),
                log_int("rows", (int64_t)found.n), log_str("sqlstate", found.items[0].sqlstate));
        }
        mem_free(found.items);
    }
    transaction_prepare(tx, b);
    return buried == 0 && !finished ? -1 : (int64_t)buried;
}

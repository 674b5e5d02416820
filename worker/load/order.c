#include "worker/load/order.h"

#include <string.h>

#include "common/base/mem.h"

void order_init(struct order *o)
{
    *o = (struct order){.n = 0};
}

void order_release(struct order *o)
{
    mem_free(o->rows);
    mem_free(o->starts);
    order_init(o);
}

static void make_room(struct order *o, size_t rows, size_t ranks)
{
    if (rows > o->cap) {
        o->rows = mem_realloc(o->rows, rows * sizeof *o->rows);
        o->cap = rows;
    }
    if (ranks + 1 > o->n_starts) {
        o->starts = mem_realloc(o->starts, (ranks + 1) * sizeof *o->starts);
        o->n_starts = ranks + 1;
    }
    memset(o->starts, 0, (ranks + 1) * sizeof *o->starts);
}

void order_build(struct order *o, const struct batch_table *t, const struct devices *d)
{
    make_room(o, t->n, d->n);
    for (size_t i = 0; i < t->n; i++) {
        if (!t->index[i].refused) {
            o->starts[d->items[t->index[i].device].rank + 1]++;
        }
    }
    for (size_t r = 0; r < d->n; r++) {
        o->starts[r + 1] += o->starts[r];
    }
    o->n = o->starts[d->n];
    for (size_t i = 0; i < t->n; i++) {
        if (!t->index[i].refused) {
            o->rows[o->starts[d->items[t->index[i].device].rank]++] = (uint32_t)i;
        }
    }
}

#include "worker/load/search.h"

#include <assert.h>

static void add(struct search *s, size_t from, size_t to)
{
    if (from < to) {
        assert(s->n < SEARCH_DEPTH);
        s->open[s->n++] = (struct search_range){from, to};
    }
}

void search_begin(struct search *s, size_t n)
{
    s->n = 0;
    add(s, 0, n);
}

bool search_next(const struct search *s, struct search_range *range)
{
    if (s->n == 0) {
        return false;
    }
    *range = s->open[s->n - 1];
    return true;
}

void search_passed(struct search *s)
{
    assert(s->n > 0);
    s->n--;
}

bool search_refused(struct search *s, int64_t line, size_t *bad)
{
    assert(s->n > 0);
    struct search_range r = s->open[--s->n];
    size_t size = r.to - r.from;
    if (line >= 1 && (uint64_t)line <= size) {
        *bad = r.from + (size_t)line - 1;
        add(s, *bad + 1, r.to); /* rows before the named one passed */
        return true;
    }
    if (size == 1) {
        *bad = r.from;
        return true;
    }
    add(s, r.from + size / 2, r.to);
    add(s, r.from, r.from + size / 2);
    return false;
}

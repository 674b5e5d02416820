#include "ingestor/http/body.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/mem.h"

void body_init(struct body *b, struct body_budget *budget)
{
    b->p = b->small;
    b->n = 0;
    b->cap = BODY_SMALL;
    b->budget = budget;
}

static bool charge(struct body_budget *budget, int64_t n)
{
    int64_t used = atomic_fetch_add_explicit(&budget->used, n, memory_order_relaxed);
    if (used + n <= budget->limit) {
        return true;
    }
    atomic_fetch_sub_explicit(&budget->used, n, memory_order_relaxed);
    return false;
}

static void uncharge(struct body_budget *budget, int64_t n)
{
    atomic_fetch_sub_explicit(&budget->used, n, memory_order_relaxed);
}

enum body_rc body_expect(struct body *b, size_t n)
{
    if (n <= b->cap) {
        return BODY_OK;
    }
    bool small = b->p == b->small;
    size_t held = small ? 0 : b->cap;
    if (!charge(b->budget, (int64_t)(n - held))) {
        return BODY_NO_MEMORY;
    }
    char *p = mem_try_realloc(small ? NULL : b->p, n + JSON_PADDING);
    if (p == NULL) {
        uncharge(b->budget, (int64_t)(n - held));
        return BODY_NO_MEMORY;
    }
    if (small) {
        memcpy(p, b->small, b->n);
    }
    b->p = p;
    b->cap = n;
    return BODY_OK;
}

enum body_rc body_add(struct body *b, struct str bytes, size_t limit)
{
    if (bytes.n > limit || b->n > limit - bytes.n) {
        return BODY_TOO_LARGE;
    }
    size_t n = b->n + bytes.n;
    if (n > b->cap) {
        size_t twice = b->cap * 2;
        size_t wanted = n > twice ? n : twice < limit ? twice : limit;
        enum body_rc rc = body_expect(b, wanted);
        if (rc != BODY_OK) {
            return rc;
        }
    }
    memcpy(b->p + b->n, bytes.p, bytes.n);
    b->n = n;
    return BODY_OK;
}

void body_release(struct body *b)
{
    if (b->p != b->small) {
        uncharge(b->budget, (int64_t)b->cap);
        mem_free(b->p);
        b->p = b->small;
        b->cap = BODY_SMALL;
    }
    b->n = 0;
}

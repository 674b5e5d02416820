#include "ingestor/auth/grant.h"

#include <string.h>

#include "common/base/mem.h"

/* The texts stand behind the struct, in the order of its members. */

size_t grant_bytes(const struct grant *g)
{
    return sizeof *g + g->principal.id.n + g->principal.tenant.n + g->principal.devices.n;
}

static struct str copy_text(char **to, struct str text)
{
    if (text.p == NULL) {
        return text;
    }
    char *p = *to;
    if (text.n > 0) {
        memcpy(p, text.p, text.n);
    }
    *to += text.n;
    return (struct str){p, text.n};
}

struct grant *grant_new(const struct grant *values)
{
    struct grant *g = mem_calloc(1, grant_bytes(values));
    char *at = (char *)(g + 1);
    atomic_init(&g->refs, 1);
    g->expires_s = values->expires_s;
    g->principal = (struct principal){
        .id = copy_text(&at, values->principal.id),
        .tenant = copy_text(&at, values->principal.tenant),
        .permissions = values->principal.permissions,
        .devices = copy_text(&at, values->principal.devices),
    };
    return g;
}

struct grant *grant_ref(struct grant *g)
{
    (void)atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void grant_unref(struct grant *g)
{
    /* Release pairs with the acquire of whoever gives the last reference back: it sees all uses. */
    if (g != NULL && atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) == 1) {
        mem_free(g);
    }
}

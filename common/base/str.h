/*
 * A borrowed slice of bytes: a pointer and a length, no terminator, no ownership.
 * A slice is valid for as long as the memory that it was cut from.
 */
#ifndef TIDEGATE_BASE_STR_H
#define TIDEGATE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
};

/* The slice of a C string; borrows it. */
static inline struct str str_of(const char *s)
{
    struct str out = {s, s == NULL ? 0 : strlen(s)}; /* no compound literal: C++ reads this too */
    return out;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif

/*
 * Growable byte buffer with a maximum given at birth. Not thread-safe.
 * On failure nothing is appended and the content so far stays valid.
 */
#ifndef TIDEGATE_BASE_BUF_H
#define TIDEGATE_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

struct buf {
    char *p;      /* heap memory, owned; NULL while empty */
    size_t n;     /* bytes used */
    size_t cap;   /* bytes allocated */
    size_t limit; /* n never passes this */
};

/* Empty, no heap memory yet. */
void buf_init(struct buf *b, size_t limit);

/* Frees; the buffer may be used again as after buf_init. */
void buf_release(struct buf *b);

/* n back to 0, memory kept. */
static inline void buf_reset(struct buf *b)
{
    b->n = 0;
}

/* Room for extra more bytes beyond n: pointer to b->p + b->n, or NULL when limit or memory ends.
 * The caller writes there and adds to b->n itself. */
char *buf_reserve(struct buf *b, size_t extra) MUST_CHECK;

/* 0, or -1 when limit or memory ends. */
int buf_add(struct buf *b, const void *p, size_t n) MUST_CHECK;
int buf_add_str(struct buf *b, struct str s) MUST_CHECK;
int buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Appends s as a JSON string with quotes, escaped by RFC 8259 section 7; invalid UTF-8 bytes become
 * U+FFFD. 0, or -1 as above. */
int buf_add_json(struct buf *b, struct str s) MUST_CHECK;

/* Moves the memory out (n bytes, not terminated); b is empty afterwards. Caller frees by mem_free.
 */
char *buf_take(struct buf *b, size_t *n) MUST_CHECK;

#endif

#include "common/base/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"

#define BUF_FIRST 64 /* bytes of the first allocation */

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit};
}

void buf_release(struct buf *b)
{
    mem_free(b->p);
    b->p = NULL;
    b->n = 0;
    b->cap = 0;
}

char *buf_reserve(struct buf *b, size_t extra)
{
    if (extra > b->limit || b->n > b->limit - extra) {
        return NULL;
    }
    size_t need = b->n + extra;
    if (need > b->cap || b->p == NULL) {
        size_t cap = b->cap == 0 ? BUF_FIRST : b->cap;
        while (cap < need) {
            cap *= 2;
        }
        if (cap > b->limit) {
            cap = b->limit;
        }
        char *p = mem_try_realloc(b->p, cap);
        if (p == NULL) {
            return NULL;
        }
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

int buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_reserve(b, n);
    if (to == NULL) {
        return -1;
    }
    if (n > 0) {
        memcpy(to, p, n);
        b->n += n;
    }
    return 0;
}

int buf_add_str(struct buf *b, struct str s)
{
    return buf_add(b, s.p, s.n);
}

int buf_addf(struct buf *b, const char *fmt, ...)
{
    size_t room = 128;
    for (;;) {
        char *to = buf_reserve(b, room);
        if (to == NULL && room > b->limit - b->n) {
            /* The text itself may still fit where the guess did not. */
            room = b->limit - b->n;
            to = buf_reserve(b, room);
        }
        if (to == NULL) {
            return -1;
        }
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(to, room, fmt, args);
        va_end(args);
        if (n < 0) {
            return -1;
        }
        if ((size_t)n < room) {
            b->n += (size_t)n;
            return 0;
        }
        if ((size_t)n + 1 > b->limit - b->n) {
            return -1;
        }
        room = (size_t)n + 1;
    }
}

/* Length of the valid UTF-8 sequence at p (RFC 3629 section 4), 0 when it is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > n) {
        return 0;
    }
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (p[0] == 0xe0) {
        low = 0xa0; /* overlong */
    } else if (p[0] == 0xed) {
        high = 0x9f; /* surrogates */
    } else if (p[0] == 0xf0) {
        low = 0x90; /* overlong */
    } else if (p[0] == 0xf4) {
        high = 0x8f; /* above U+10FFFF */
    }
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

static const char *json_escape(unsigned char c, char out[8])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        (void)snprintf(out, 8, "\\u%04x", c);
        return out;
    }
}

static int buf_add_json_body(struct buf *b, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t at = 0;
    while (at < s.n) {
        size_t plain = at;
        size_t len = 1;
        while (plain < s.n && p[plain] >= 0x20 && p[plain] != '"' && p[plain] != '\\') {
            len = utf8_length(p + plain, s.n - plain);
            if (len == 0) {
                break;
            }
            plain += len;
        }
        if (buf_add(b, p + at, plain - at) != 0) {
            return -1;
        }
        at = plain;
        if (at == s.n) {
            break;
        }
        char escape[8];
        const char *text = len == 0 ? "\xef\xbf\xbd" : json_escape(p[at], escape);
        if (buf_add(b, text, strlen(text)) != 0) {
            return -1;
        }
        at++;
    }
    return 0;
}

int buf_add_json(struct buf *b, struct str s)
{
    size_t start = b->n;
    if (buf_add(b, "\"", 1) != 0 || buf_add_json_body(b, s) != 0 || buf_add(b, "\"", 1) != 0) {
        b->n = start;
        return -1;
    }
    return 0;
}

char *buf_take(struct buf *b, size_t *n)
{
    char *p = b->p;
    *n = b->n;
    b->p = NULL;
    b->n = 0;
    b->cap = 0;
    return p;
}

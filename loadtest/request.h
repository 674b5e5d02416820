/*
 * The memory of one connection's request: head and body adjacent, so that one send carries both.
 * The body is written first, from a fixed place; the head ends where the body begins and is moved
 * only when the number of digits of Content-Length changes. Kept until answered: a retry sends the
 * same bytes.
 */
#ifndef TIDEGATE_LOADTEST_REQUEST_H
#define TIDEGATE_LOADTEST_REQUEST_H

#include <stddef.h>

struct request {
    char *memory;
    size_t body;   /* offset of the first byte of the body */
    size_t digits; /* of the Content-Length that the head was placed for; 0: not yet */
    size_t start;  /* offset of the head */
    size_t end;    /* of the body */
};

/* head: up to and with "Content-Length: "; body_max: the longest body. Caller releases. */
void request_init(struct request *r, size_t head_n, size_t body_max);
void request_release(struct request *r);

/* Where the body goes. */
static inline char *request_body(const struct request *r)
{
    return r->memory + r->body;
}

/* The body is complete and ends before body_end: places the head. */
void request_seal(struct request *r, const char *head, size_t head_n, const char *body_end);

#endif

/*
 * Right-aligned head: "…Content-Length: " "312" "\r\n\r\n" body.
 */
#include "loadtest/request.h"

#include <string.h>

#include "common/base/mem.h"
#include "loadtest/decimal.h"

#define BREAK_N 4 /* bytes of the empty line */

void request_init(struct request *r, size_t head_n, size_t body_max)
{
    *r = (struct request){.body = head_n + DECIMAL_MAX + BREAK_N};
    r->memory = mem_alloc(r->body + body_max);
    memcpy(r->memory + r->body - BREAK_N, "\r\n\r\n", BREAK_N);
}

void request_release(struct request *r)
{
    mem_free(r->memory);
    r->memory = NULL;
}

void request_seal(struct request *r, const char *head, size_t head_n, const char *body_end)
{
    char digits[DECIMAL_MAX];
    r->end = (size_t)(body_end - r->memory);
    size_t n = (size_t)(decimal_put(digits, r->end - r->body) - digits);
    size_t at = r->body - BREAK_N - n;
    memcpy(r->memory + at, digits, n);
    if (n != r->digits) {
        r->digits = n;
        r->start = at - head_n;
        memcpy(r->memory + r->start, head, head_n);
    }
}

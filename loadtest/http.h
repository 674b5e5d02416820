/*
 * HTTP/1.1 responses, read in place: the caller keeps one piece of memory that starts with the
 * response and grows; the parser remembers offsets only, so the memory may move between calls.
 * Content-Length and chunked bodies (chunks are joined in place); 1xx answers are skipped. What it
 * cannot frame without doubt (RFC 9112 section 6.3) is refused.
 *
 * Pure; one owner thread.
 */
#ifndef TIDEGATE_LOADTEST_HTTP_H
#define TIDEGATE_LOADTEST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"

#define HTTP_RETRY_AFTER_MAX 3600 /* seconds; a larger value is read as this */

enum http_rc { HTTP_MORE, HTTP_DONE, HTTP_BAD };

struct http_response {
    /* valid after HTTP_DONE */
    unsigned status;
    bool close;            /* the connection ends after this answer */
    int32_t retry_after_s; /* -1: none, or a date */
    size_t body;           /* offset */
    size_t body_n;         /* bytes, chunks joined */
    size_t used;           /* bytes of the input that belong to the answer */
    const char *why;       /* after HTTP_BAD: static text */
    /* state */
    unsigned phase;
    size_t start;   /* of the head that is being read */
    size_t scanned; /* bytes known not to end it */
    uint64_t content_length;
    bool has_length;
    bool chunked;
};

/* Before the first byte of an answer. */
void http_begin(struct http_response *r);

/* p holds the first n bytes of the answer, all of them, each time. */
enum http_rc http_parse(struct http_response *r, char *p, size_t n) MUST_CHECK;

#endif

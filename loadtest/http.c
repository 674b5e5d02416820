/*
 * Three phases: head, body of known length, chunks. No copy except for joining chunks.
 */
#include "loadtest/http.h"

#include <string.h>
#include <strings.h>

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_CHUNK };

#define BODY_MAX (UINT64_C(1) << 31) /* far above any buffer; keeps sums from overflowing */

void http_begin(struct http_response *r)
{
    *r = (struct http_response){.retry_after_s = -1};
}

static enum http_rc bad(struct http_response *r, const char *why)
{
    r->why = why;
    return HTTP_BAD;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 1*DIGIT over all n bytes, at most max; a larger number gives max + 1. False when it is none. */
static bool read_number(const char *p, size_t n, uint64_t max, uint64_t *v)
{
    if (n == 0) {
        return false;
    }
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(p[i])) {
            return false;
        }
        *v = *v > max ? *v : *v * 10 + (uint64_t)(p[i] - '0');
    }
    if (*v > max) {
        *v = max + 1;
    }
    return true;
}

/* "HTTP/1.1 202 Accepted"; the reason may be missing. */
static const char *status_line(struct http_response *r, const char *p, size_t n)
{
    if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0 || !is_digit(p[7]) || p[8] != ' ' ||
        !is_digit(p[9]) || !is_digit(p[10]) || !is_digit(p[11]) || (n > 12 && p[12] != ' ')) {
        return "the answer is not HTTP/1.x";
    }
    r->close = p[7] == '0';
    r->status =
        (unsigned)(p[9] - '0') * 100 + (unsigned)(p[10] - '0') * 10 + (unsigned)(p[11] - '0');
    return NULL;
}

static bool name_is(const char *p, size_t n, const char *name)
{
    return n == strlen(name) && strncasecmp(p, name, n) == 0;
}

static const char *content_length(struct http_response *r, const char *p, size_t n)
{
    uint64_t v;
    if (!read_number(p, n, BODY_MAX, &v) || v > BODY_MAX) {
        return "bad Content-Length";
    }
    if (r->has_length && r->content_length != v) {
        return "two different Content-Length";
    }
    r->has_length = true;
    r->content_length = v;
    return NULL;
}

static const char *header(struct http_response *r, const char *p, size_t n)
{
    const char *colon = memchr(p, ':', n);
    if (colon == NULL || colon == p) {
        return "header line without a name";
    }
    size_t name_n = (size_t)(colon - p);
    const char *value = colon + 1;
    size_t value_n = n - name_n - 1;
    while (value_n > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        value_n--;
    }
    while (value_n > 0 && (value[value_n - 1] == ' ' || value[value_n - 1] == '\t')) {
        value_n--;
    }
    uint64_t v;
    switch (*p) {
    case 'C':
    case 'c':
        if (name_is(p, name_n, "Content-Length")) {
            return content_length(r, value, value_n);
        }
        if (name_is(p, name_n, "Connection")) {
            r->close = name_is(value, value_n, "close") ||
                       (r->close && !name_is(value, value_n, "keep-alive"));
        }
        return NULL;
    case 'T':
    case 't':
        if (name_is(p, name_n, "Transfer-Encoding")) {
            if (!name_is(value, value_n, "chunked")) {
                return "Transfer-Encoding other than chunked";
            }
            r->chunked = true;
        }
        return NULL;
    case 'R':
    case 'r':
        if (name_is(p, name_n, "Retry-After") &&
            read_number(value, value_n, HTTP_RETRY_AFTER_MAX, &v)) {
            r->retry_after_s = (int32_t)(v > HTTP_RETRY_AFTER_MAX ? HTTP_RETRY_AFTER_MAX : v);
        }
        return NULL;
    default:
        return NULL;
    }
}

/* Reads the lines of a complete head of n bytes, its empty line included. */
static const char *head_lines(struct http_response *r, const char *p, size_t n)
{
    size_t at = 0;
    bool first = true;
    for (;;) {
        const char *lf = memchr(p + at, '\n', n - at);
        if (lf == NULL) {
            return "head without an end";
        }
        size_t line = (size_t)(lf - p) - at;
        if (line == 0 || p[at + line - 1] != '\r') {
            return "line without CR";
        }
        line--;
        if (line == 0) {
            return NULL;
        }
        const char *why = first ? status_line(r, p + at, line) : header(r, p + at, line);
        if (why != NULL) {
            return why;
        }
        first = false;
        at += line + 2;
    }
}

/* Decides how the body is framed once its head is read. */
static enum http_rc head_done(struct http_response *r, size_t end)
{
    if (r->status < 100 || r->status == 101) {
        return bad(r, "status that no request of ours asks for");
    }
    if (r->status < 200) {
        http_begin(r);
        r->start = r->scanned = end;
        return HTTP_MORE;
    }
    if (r->chunked && r->has_length) {
        return bad(r, "both Content-Length and Transfer-Encoding");
    }
    r->body = end;
    r->used = end;
    if (r->status == 204 || r->status == 304) {
        return HTTP_DONE;
    }
    if (!r->chunked && !r->has_length) {
        return bad(r, "neither Content-Length nor chunked: a body until close is not supported");
    }
    r->phase = r->chunked ? PHASE_CHUNK : PHASE_BODY;
    return HTTP_MORE;
}

static enum http_rc parse_head(struct http_response *r, const char *p, size_t n)
{
    size_t from = r->scanned > r->start + 3 ? r->scanned - 3 : r->start;
    const char *end = n > from ? memmem(p + from, n - from, "\r\n\r\n", 4) : NULL;
    if (end == NULL) {
        r->scanned = n;
        return HTTP_MORE;
    }
    size_t head = (size_t)(end - p) + 4;
    const char *why = head_lines(r, p + r->start, head - r->start);
    if (why != NULL) {
        return bad(r, why);
    }
    return head_done(r, head);
}

/* Trailers after the last chunk are read over. */
static enum http_rc chunks_end(struct http_response *r, const char *p, size_t n, size_t at)
{
    for (;;) {
        const char *lf = memchr(p + at, '\n', n - at);
        if (lf == NULL) {
            return HTTP_MORE;
        }
        size_t line = (size_t)(lf - p) - at;
        at += line + 1;
        if (line == 0 || (line == 1 && p[at - 2] == '\r')) {
            r->used = at;
            return HTTP_DONE;
        }
    }
}

static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* r->used is where the next chunk starts, r->body + r->body_n where its data go. */
static enum http_rc parse_chunks(struct http_response *r, char *p, size_t n)
{
    for (;;) {
        const char *lf = memchr(p + r->used, '\n', n - r->used);
        if (lf == NULL) {
            return HTTP_MORE;
        }
        uint64_t size = 0;
        size_t at = r->used;
        int digit = hex_value(p[at]);
        if (digit < 0) {
            return bad(r, "bad chunk size");
        }
        for (; digit >= 0; digit = hex_value(p[++at])) {
            size = size * 16 + (uint64_t)digit;
            if (size > BODY_MAX) {
                return bad(r, "chunk too large");
            }
        }
        if (p[at] != '\r' && p[at] != ';' && p[at] != ' ') {
            return bad(r, "bad chunk size");
        }
        size_t data = (size_t)(lf - p) + 1;
        if (size == 0) {
            return chunks_end(r, p, n, data);
        }
        if (n - data < size + 2) {
            return HTTP_MORE;
        }
        if (memcmp(p + data + size, "\r\n", 2) != 0) {
            return bad(r, "chunk without an end");
        }
        memmove(p + r->body + r->body_n, p + data, size);
        r->body_n += size;
        r->used = data + size + 2;
    }
}

enum http_rc http_parse(struct http_response *r, char *p, size_t n)
{
    while (r->phase == PHASE_HEAD) {
        size_t start = r->start;
        enum http_rc rc = parse_head(r, p, n);
        bool skipped = r->start != start; /* a 1xx answer: the next head follows */
        if (rc != HTTP_MORE || (r->phase == PHASE_HEAD && !skipped)) {
            return rc;
        }
    }
    if (r->phase == PHASE_CHUNK) {
        return parse_chunks(r, p, n);
    }
    if (n - r->body < r->content_length) {
        return HTTP_MORE;
    }
    r->body_n = (size_t)r->content_length;
    r->used = r->body + r->body_n;
    return HTTP_DONE;
}

/*
 * The header block of one request: the fields that we read, and a check of what the library's
 * parser lets through (libmicrohttpd 0.9.75 takes two Content-Length fields, or one beside
 * Transfer-Encoding, and frames by the first: request smuggling behind a proxy that frames by the
 * other). Not visible here, because the parser has already cut it: bare LF, folded lines, NUL.
 *
 * Pure. The slices live as long as the request.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_HEADERS_H
#define TIDEGATE_INGESTOR_HTTP_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

#define HEADERS_NO_LENGTH (-1)

/* Fields that may occur once; each has its place in headers.seen. */
enum header_field {
    HEADER_CONTENT_LENGTH,
    HEADER_TRANSFER_ENCODING,
    HEADER_HOST,
    HEADER_AUTHORIZATION,
    HEADER_API_KEY, /* X-API-Key */
    HEADER_CONTENT_TYPE,
    HEADER_CONTENT_ENCODING,
    HEADER_EXPECT,
    HEADER_REQUEST_ID, /* X-Request-Id */
    HEADER_FIELDS
};

struct headers {
    struct str values[HEADER_FIELDS]; /* n = 0 and p = NULL: absent */
    int64_t content_length;           /* HEADERS_NO_LENGTH when absent */
    const char *fault;                /* first rule broken, or NULL; static text */
};

void headers_begin(struct headers *h);
/* Fields of trailers must not be given. */
void headers_add(struct headers *h, struct str name, struct str value);
/* The rules over several fields; version is "HTTP/1.1" or "HTTP/1.0". After it fault is final. */
void headers_end(struct headers *h, const char *version);

static inline bool headers_has(const struct headers *h, enum header_field f)
{
    return h->values[f].p != NULL;
}

/* The body, if any, is longer than limit or of a length that is not known in advance. */
bool headers_body_may_exceed(const struct headers *h, int64_t limit);

/* True when value is the media type ("application/json") with or without parameters, any case. */
bool headers_media_type(struct str value, const char *type);

#endif

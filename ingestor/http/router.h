/*
 * Paths and methods to handlers, from one table (ingestor/routes.c), which is also what the
 * interface's documentation is made from. Paths are compared byte by byte as they came, without
 * decoding: what is not spelled like the table is not found.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_ROUTER_H
#define TIDEGATE_INGESTOR_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

struct request;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

/* A step of a route. It either sets an answer (ingestor/http/answer.h) or leaves the request to the
 * next step. Thread: the request's http thread. Must not block. */
typedef void (*route_fn)(struct request *req);

struct route {
    enum http_method method; /* GET also serves HEAD */
    const char *pattern;     /* "/v1/events/{contract}": at most one {…}, a whole last segment */
    const char *label;       /* of its metrics series */
    unsigned permission;     /* enum permission */
    bool body;               /* a body is expected */
    route_fn admit;          /* after the header block, before the body; may be NULL */
    route_fn handle;         /* the body is complete; answers or suspends */
    route_fn resume;         /* after a suspend: answers; NULL for routes that never suspend */
    const char *summary;     /* one line for the documentation */
};

enum router_rc { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD };

#define ROUTER_ALLOW_MAX 64

struct route_match {
    size_t route;                 /* index, when found */
    struct str param;             /* what {…} stands for, n = 0 without */
    char allow[ROUTER_ALLOW_MAX]; /* value of Allow, on ROUTER_NO_METHOD */
};

enum http_method router_method(const char *method);

/* Pure. path without the query. */
enum router_rc router_find(const struct route *routes, size_t n, enum http_method method,
                           struct str path, struct route_match *m) MUST_CHECK;

#endif

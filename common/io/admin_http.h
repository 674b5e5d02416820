/*
 * The second port of every program: GET /livez, /readyz, /metrics on a small single-threaded
 * HTTP server of its own, so that a full connection table of the first port cannot blind operators.
 */
#ifndef TIDEGATE_IO_ADMIN_HTTP_H
#define TIDEGATE_IO_ADMIN_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"

struct admin_http;

/* Both are called on the admin thread and must not block longer than a few ms. */
struct admin_callbacks {
    /* Appends one line per check ("[+]kafka ok\n", "[-]draining\n"); true when ready. */
    bool (*ready)(void *arg, struct buf *lines);
    /* Brings gauges up to date and appends the exposition. 0 or -1. */
    int (*metrics)(void *arg, struct buf *out);
    void *arg;
};

/* Listens on "host:port" (IPv4, [IPv6] or name; port 0: any free one) and starts answering.
 * *port gets the real port. NULL with e. /livez answers 200 "ok" as long as the thread runs. */
struct admin_http *admin_http_start(const char *listen, const struct admin_callbacks *cb,
                                    uint16_t *port, struct err *e) MUST_CHECK;

/* Stops and frees; waits for the running answer. NULL is allowed. */
void admin_http_stop(struct admin_http *a);

#endif

/*
 * Where the requests go: the address behind a URL and the head that every request shares.
 */
#ifndef TIDEGATE_LOADTEST_TARGET_H
#define TIDEGATE_LOADTEST_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

struct target {
    char *name;                 /* "127.0.0.1:8080", for messages */
    char *head;                 /* request head up to and with "Content-Length: " */
    size_t head_n;              /* bytes */
    unsigned char address[128]; /* a struct sockaddr_storage */
    uint32_t address_n;
};

struct target_conf {
    const char *url;  /* http://host[:port][/path] */
    const char *path; /* used when the URL has none */
    const char *content_type;
    const char *api_key; /* or NULL */
};

/* Parses the URL (ERR_USAGE), resolves the host (ERR_UNAVAILABLE), writes the head. 0, or -1 with
 * e. May block on a name look-up. target_release either way. */
int target_init(struct target *t, const struct target_conf *conf, struct err *e) MUST_CHECK;
void target_release(struct target *t);

/* Connects once and closes: a wrong address should end the run before it starts. 0, or -1 with e
 * (ERR_UNAVAILABLE). Blocks up to timeout_ms. */
int target_probe(const struct target *t, int timeout_ms, struct err *e) MUST_CHECK;

/* Starts a connection: a non-blocking socket with TCP_NODELAY, connected or under way. -1 with
 * errno. */
int target_connect(const struct target *t) MUST_CHECK;

#endif

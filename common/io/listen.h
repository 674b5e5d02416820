/*
 * Listening TCP sockets from "host:port" texts.
 */
#ifndef TIDEGATE_IO_LISTEN_H
#define TIDEGATE_IO_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"

#define LISTEN_HOST_MAX 256 /* RFC 1035 names end at 253 bytes */

/* Cuts such a text into host ("" for all addresses) and port (borrowed from address). 0, or -1 with
 * e. */
int listen_split(const char *address, char host[LISTEN_HOST_MAX], const char **port,
                 struct err *e) MUST_CHECK;

/* Opens, binds and listens (non-blocking, close-on-exec, SO_REUSEADDR). "host:port", "[::1]:port",
 * ":port" (all addresses); port 0: any free one. share: SO_REUSEPORT, so that several sockets may
 * listen on one address. *port gets the real port. Descriptor, or -1 with e. May block on a name
 * look-up. Caller closes. */
int listen_tcp(const char *address, bool share, int backlog, uint16_t *port,
               struct err *e) MUST_CHECK;

#endif

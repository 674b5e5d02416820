/*
 * The public port: one libmicrohttpd daemon, thread and listening socket per core, and the steps of
 * a request from header block to answer.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_SERVER_H
#define TIDEGATE_INGESTOR_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "ingestor/http/loop.h"
#include "ingestor/service.h"

struct server;

/* Makes the loops without any socket: the delivery thread needs them first. Caller frees. */
struct server *server_new(struct service *service) MUST_CHECK;

/* Listens and serves; *port gets the real port. 0, or -1 with e. */
int server_start(struct server *s, uint16_t *port, struct err *e) MUST_CHECK;

/* Takes no new connection; those that are open are still served. */
void server_quiesce(struct server *s);

/* Ends connections and threads. No request may be waiting for Kafka any more. */
void server_stop(struct server *s);

/* After server_stop, or without server_start. NULL is allowed. */
void server_free(struct server *s);

struct loop *const *server_loops(const struct server *s, size_t *n);

/* Sums over the loops; a moment's view. Thread: any. */
uint32_t server_inflight(const struct server *s);
uint32_t server_open(const struct server *s);

/* Connections of the public port, idle ones included. Thread: main. */
uint32_t server_connections(const struct server *s);

#endif

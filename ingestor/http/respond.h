/*
 * Hands answers to the HTTP library. The only place that makes responses.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_RESPOND_H
#define TIDEGATE_INGESTOR_HTTP_RESPOND_H

#include "common/base/compiler.h"
#include "ingestor/http/request.h"

/* Queues req->answer, which must be set. 0, or -1 when the library has no memory: the connection
 * must end then. Thread: the request's http thread, in the handler call. */
int respond(struct request *req) MUST_CHECK;

/* Writes a problem to the socket in a place where the library takes no response (in the middle of a
 * body); the caller must end the connection. What the socket does not take at once is lost. */
void respond_raw(struct request *req, enum problem p);

#endif

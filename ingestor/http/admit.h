/*
 * What can be refused before the body is read: framing, path, method, credential, permission,
 * size, and what the route itself wants to see.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_ADMIT_H
#define TIDEGATE_INGESTOR_HTTP_ADMIT_H

#include "ingestor/http/request.h"

/* Looks at req->headers, method and path. When refused, req->answer is set afterwards, with close
 * when what follows on the connection cannot be trusted or is not worth reading. Thread: http. */
void admit(struct request *req, struct str path);

#endif

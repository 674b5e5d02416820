/*
 * Parameters of the query, as they came: nothing is decoded, names and values that we know are
 * plain words. Thread: the request's http thread.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_QUERY_H
#define TIDEGATE_INGESTOR_HTTP_QUERY_H

#include <stdbool.h>

#include "common/base/compiler.h"
#include "ingestor/http/request.h"

/* "true" or "false" to *value; absent: *value stays. 0, or -1 when it is anything else. */
int query_flag(struct request *req, const char *name, bool *value) MUST_CHECK;

#endif

/*
 * The table of all routes of the public port.
 */
#ifndef TIDEGATE_INGESTOR_ROUTES_H
#define TIDEGATE_INGESTOR_ROUTES_H

#include "common/base/compiler.h"
#include "ingestor/http/router.h"

/* *n routes that live as long as the program. */
const struct route *ingestor_routes(size_t *n);

#endif

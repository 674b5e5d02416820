/*
 * GET /v1/contracts and /v1/contracts/{name}: steps for the table in ingestor/routes.c.
 */
#ifndef TIDEGATE_INGESTOR_QUERY_CONTRACTS_H
#define TIDEGATE_INGESTOR_QUERY_CONTRACTS_H

#include "ingestor/http/request.h"

void contracts_list(struct request *req);
/* The contract's file, byte for byte. */
void contracts_show(struct request *req);

#endif

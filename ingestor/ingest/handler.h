/*
 * The routes that take events: steps for the table in ingestor/routes.c.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_HANDLER_H
#define TIDEGATE_INGESTOR_INGEST_HANDLER_H

#include "ingestor/http/request.h"

/* Contract (of {contract} or the default), content type and coding, query, and whether Kafka and
 * the caps let it in. */
void ingest_admit(struct request *req);

/* Reads the body; answers, or suspends and hands the events to the producer. */
void ingest_handle(struct request *req);

/* Answers from what the delivery came to. */
void ingest_resume(struct request *req);

#endif

/*
 * From the body to a list of valid events and verdicts on the others.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_INTAKE_H
#define TIDEGATE_INGESTOR_INGEST_INTAKE_H

#include "common/base/compiler.h"
#include "ingestor/http/request.h"

/* Cuts the body, checks each event against the contract req->intake.contract. Fills req->intake and
 * req->loop->events (accepted ones, in order; valid until the thread's next request). When nothing
 * may be sent to Kafka, the answer is set: broken body, cap, no valid event, atomic. Thread: http.
 */
void intake_read(struct request *req);

#endif

/*
 * Parking a request until Kafka has answered. A file of its own, so that tests of what happens in
 * between can put a fake in its place.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_SUSPEND_H
#define TIDEGATE_INGESTOR_HTTP_SUSPEND_H

#include "ingestor/http/request.h"

/* Thread: the request's http thread, inside a handler call; must come before anything that can lead
 * to the resume. */
void request_suspend(struct request *req);

/* Makes the request's http thread call its route's resume step. Exactly once per suspend.
 * Thread: any. */
void request_resume(struct request *req);

#endif

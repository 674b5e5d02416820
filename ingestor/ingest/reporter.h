/*
 * The delivery thread: takes the producer's reports, decides requests, resumes them, and watches
 * their deadlines.
 */
#ifndef TIDEGATE_INGESTOR_INGEST_REPORTER_H
#define TIDEGATE_INGESTOR_INGEST_REPORTER_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "ingestor/http/loop.h"
#include "ingestor/service.h"

struct reporter;

/* loops must outlive it. NULL with e. */
struct reporter *reporter_start(struct service *service, struct loop *const *loops, size_t n,
                                struct err *e) MUST_CHECK;

/* Takes what reports there are and ends the thread. NULL is allowed. Blocks some 50 ms. */
void reporter_stop(struct reporter *r);

#endif

/*
 * What /readyz tells: one state per check, set by the thread that knows, read by the admin thread.
 * A change of state is also the log line about it, so nothing else logs it. Thread: any.
 */
#ifndef TIDEGATE_WORKER_HEALTH_H
#define TIDEGATE_WORKER_HEALTH_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"

enum health_check {
    HEALTH_KAFKA,     /* brokers and topics are there, the group was joined */
    HEALTH_POSTGRES,  /* connected */
    HEALTH_SCHEMA,    /* tables fit, nothing that a person must repair */
    HEALTH_POSITIONS, /* every stored position lies inside its log */
    HEALTH_RUNNING,   /* not stopping */
    HEALTH_CHECKS
};

struct health;

/* All checks begin as not fulfilled, "starting", but HEALTH_SCHEMA, HEALTH_POSITIONS and
 * HEALTH_RUNNING, which are fulfilled until somebody says otherwise. */
struct health *health_new(void) MUST_CHECK;
void health_free(struct health *h); /* NULL is allowed */

/* Logs "ready", too, when this was the last one that was not fulfilled. */
void health_ok(struct health *h, enum health_check check);
/* why: one line for a person. */
void health_bad(struct health *h, enum health_check check, const char *why);

/* Appends a line per check ("[+]postgres ok\n", "[-]kafka: …\n"); true when all are fulfilled. */
bool health_report(struct health *h, struct buf *lines);

#endif

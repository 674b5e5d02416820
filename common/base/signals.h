/*
 * Signals are blocked in every thread and taken by the main thread with sigwait: no code ever runs
 * in a handler. SIGPIPE is ignored.
 */
#ifndef TIDEGATE_BASE_SIGNALS_H
#define TIDEGATE_BASE_SIGNALS_H

#include <stdint.h>

enum signals_event {
    SIGNALS_NONE,  /* timeout */
    SIGNALS_STOP,  /* SIGTERM or SIGINT */
    SIGNALS_RELOAD /* SIGHUP */
};

/* Call first in main, before any thread starts. */
void signals_block(void);

/* Waits up to timeout_ms (-1: without limit). Thread: main. */
enum signals_event signals_wait(int64_t timeout_ms);

/* Makes signals_wait of the main thread return SIGNALS_STOP; for a thread that cannot go on. */
void signals_request_stop(void);

#endif

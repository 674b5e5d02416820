/*
 * The running worker: what it consists of, in which order it starts and ends. Thread: main.
 */
#ifndef TIDEGATE_WORKER_APP_H
#define TIDEGATE_WORKER_APP_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "worker/conf.h"
#include "worker/streams.h"

enum app_end {
    APP_STOPPED, /* asked to stop, everything ended */
    APP_FAILED,  /* could not go on */
    APP_HUNG     /* asked to stop, but a thread hangs in a library: only _exit is left */
};

/* Runs until a signal. -1 with e when it could not start. */
int app_run(const struct worker_conf *conf, const struct streams *streams, enum app_end *end,
            struct err *e) MUST_CHECK;

#endif

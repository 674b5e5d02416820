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
    APP_STOPPED, /* asked to stop, our threads ended and the group was left */
    APP_FAILED,  /* could not go on */
    APP_HUNG     /* asked to stop, but a thread hangs in a library */
};

/* Runs until a signal, then the caller has to _exit: taking librdkafka 2.0.2 down costs a second
 * and may never end (its issue 4187), so that is left to the kernel. -1 with e when it could not
 * start: everything is released then unless *end is APP_HUNG. */
int app_run(const struct worker_conf *conf, const struct streams *streams, enum app_end *end,
            struct err *e) MUST_CHECK;

#endif

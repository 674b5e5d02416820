/*
 * How a thread is asked to stop, sleeps meanwhile, and is waited for with a limit: thread_join
 * alone waits for ever. One per thread.
 */
#ifndef TIDEGATE_WORKER_STOPPER_H
#define TIDEGATE_WORKER_STOPPER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"

struct stopper {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool requested;
    bool ended;      /* under the lock */
    uint64_t nudges; /* under the lock */
};

void stopper_init(struct stopper *s);
void stopper_release(struct stopper *s);

/* Thread: any. */
void stopper_request(struct stopper *s);
bool stopper_requested(const struct stopper *s);

/* Sleeps for ms, less when stop is requested or somebody nudges. Thread: the one to be stopped. */
void stopper_sleep(struct stopper *s, int64_t ms);
/* Ends the sleep that runs. Thread: any. */
void stopper_nudge(struct stopper *s);

/* The thread's last act. */
void stopper_end(struct stopper *s);
/* True when stopper_end was called within timeout_ms. Thread: any. */
bool stopper_wait(struct stopper *s, int64_t timeout_ms) MUST_CHECK;

#endif

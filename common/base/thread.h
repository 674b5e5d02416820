/*
 * Threads with a role. A thread's name is its role's name (visible in top -H and gdb).
 */
#ifndef TIDEGATE_BASE_THREAD_H
#define TIDEGATE_BASE_THREAD_H

#include "common/base/compiler.h"
#include "common/base/err.h"

struct thread;

typedef void (*thread_fn)(void *arg);

/* Starts fn(arg) in a new thread with every signal blocked; name at most 15 bytes (Linux comm).
 * NULL with e when the system refuses. Caller joins. */
struct thread *thread_start(const char *name, thread_fn fn, void *arg, struct err *e) MUST_CHECK;

/* Waits for the end of the thread and frees it; NULL is allowed. Blocks without limit. */
void thread_join(struct thread *t);

#endif

#include "common/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "common/base/mem.h"

struct thread {
    pthread_t id;
    char name[16]; /* TASK_COMM_LEN of Linux, with terminator */
    thread_fn fn;
    void *arg;
};

static void *thread_main(void *p)
{
    struct thread *t = p;
    (void)pthread_setname_np(pthread_self(), t->name);
    t->fn(t->arg);
    return NULL;
}

struct thread *thread_start(const char *name, thread_fn fn, void *arg, struct err *e)
{
    struct thread *t = mem_calloc(1, sizeof *t);
    memcpy(t->name, name, strnlen(name, sizeof t->name - 1));
    t->fn = fn;
    t->arg = arg;

    /* The new thread inherits the mask. */
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&t->id, NULL, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        err_set_errno(e, ERR_SYSTEM, rc, "start thread %s", name);
        mem_free(t);
        return NULL;
    }
    return t;
}

void thread_join(struct thread *t)
{
    if (t == NULL) {
        return;
    }
    (void)pthread_join(t->id, NULL);
    mem_free(t);
}

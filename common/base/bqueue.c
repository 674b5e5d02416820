/*
 * A ring under one mutex. Waits use CLOCK_MONOTONIC, so that a step of the wall clock moves
 * nothing.
 */
#include "common/base/bqueue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

struct bqueue {
    pthread_mutex_t lock;
    pthread_cond_t not_full;
    pthread_cond_t not_empty;
    void **items;
    size_t capacity;
    size_t first;
    size_t n;
    bool closed;
};

static void cond_init_monotonic(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    int rc = pthread_condattr_init(&attr);
    assert(rc == 0);
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    assert(rc == 0);
    rc = pthread_cond_init(cond, &attr);
    assert(rc == 0);
    (void)rc;
    (void)pthread_condattr_destroy(&attr);
}

struct bqueue *bqueue_new(size_t capacity)
{
    assert(capacity > 0);
    struct bqueue *q = mem_calloc(1, sizeof *q);
    q->items = mem_calloc(capacity, sizeof *q->items);
    q->capacity = capacity;
    (void)pthread_mutex_init(&q->lock, NULL);
    cond_init_monotonic(&q->not_full);
    cond_init_monotonic(&q->not_empty);
    return q;
}

void bqueue_free(struct bqueue *q)
{
    if (q == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&q->not_full);
    (void)pthread_cond_destroy(&q->not_empty);
    (void)pthread_mutex_destroy(&q->lock);
    mem_free(q->items);
    mem_free(q);
}

static struct timespec deadline_of(int64_t timeout_ms)
{
    int64_t ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

/* Waits on cond under the lock; false when the deadline has passed or waiting is not wanted. */
static bool wait_until(struct bqueue *q, pthread_cond_t *cond, int64_t timeout_ms,
                       const struct timespec *deadline)
{
    if (timeout_ms == 0) {
        return false;
    }
    if (timeout_ms < 0) {
        (void)pthread_cond_wait(cond, &q->lock);
        return true;
    }
    return pthread_cond_timedwait(cond, &q->lock, deadline) != ETIMEDOUT;
}

enum bqueue_rc bqueue_push(struct bqueue *q, void *item, int64_t timeout_ms)
{
    struct timespec deadline = deadline_of(timeout_ms > 0 ? timeout_ms : 0);
    enum bqueue_rc rc = BQUEUE_OK;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->closed && q->n == q->capacity) {
        if (!wait_until(q, &q->not_full, timeout_ms, &deadline)) {
            break;
        }
    }
    if (q->closed) {
        rc = BQUEUE_CLOSED;
    } else if (q->n == q->capacity) {
        rc = BQUEUE_TIMEOUT;
    } else {
        q->items[(q->first + q->n) % q->capacity] = item;
        q->n++;
        (void)pthread_cond_signal(&q->not_empty);
    }
    (void)pthread_mutex_unlock(&q->lock);
    return rc;
}

enum bqueue_rc bqueue_pop(struct bqueue *q, void **item, int64_t timeout_ms)
{
    struct timespec deadline = deadline_of(timeout_ms > 0 ? timeout_ms : 0);
    enum bqueue_rc rc = BQUEUE_OK;
    (void)pthread_mutex_lock(&q->lock);
    while (!q->closed && q->n == 0) {
        if (!wait_until(q, &q->not_empty, timeout_ms, &deadline)) {
            break;
        }
    }
    if (q->n > 0) {
        *item = q->items[q->first];
        q->first = (q->first + 1) % q->capacity;
        q->n--;
        (void)pthread_cond_signal(&q->not_full);
    } else {
        rc = q->closed ? BQUEUE_CLOSED : BQUEUE_TIMEOUT;
    }
    (void)pthread_mutex_unlock(&q->lock);
    return rc;
}

void bqueue_close(struct bqueue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->closed = true;
    (void)pthread_cond_broadcast(&q->not_full);
    (void)pthread_cond_broadcast(&q->not_empty);
    (void)pthread_mutex_unlock(&q->lock);
}

size_t bqueue_length(struct bqueue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    size_t n = q->n;
    (void)pthread_mutex_unlock(&q->lock);
    return n;
}

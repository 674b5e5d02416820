#include "worker/stopper.h"

#include <errno.h>
#include <time.h>

#include "common/base/clock.h"

void stopper_init(struct stopper *s)
{
    (void)pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    atomic_init(&s->requested, false);
    s->ended = false;
    s->nudges = 0;
}

void stopper_release(struct stopper *s)
{
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
}

void stopper_request(struct stopper *s)
{
    (void)pthread_mutex_lock(&s->lock);
    atomic_store(&s->requested, true);
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

bool stopper_requested(const struct stopper *s)
{
    return atomic_load(&s->requested);
}

static struct timespec until(int64_t timeout_ms)
{
    int64_t ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

void stopper_sleep(struct stopper *s, int64_t ms)
{
    struct timespec end = until(ms);
    (void)pthread_mutex_lock(&s->lock);
    uint64_t before = s->nudges;
    while (!atomic_load(&s->requested) && s->nudges == before) {
        if (pthread_cond_timedwait(&s->changed, &s->lock, &end) == ETIMEDOUT) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void stopper_nudge(struct stopper *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->nudges++;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

void stopper_end(struct stopper *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->ended = true;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

bool stopper_wait(struct stopper *s, int64_t timeout_ms)
{
    struct timespec end = until(timeout_ms);
    (void)pthread_mutex_lock(&s->lock);
    while (!s->ended) {
        if (pthread_cond_timedwait(&s->changed, &s->lock, &end) == ETIMEDOUT) {
            break;
        }
    }
    bool ended = s->ended;
    (void)pthread_mutex_unlock(&s->lock);
    return ended;
}

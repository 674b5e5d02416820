#include "ingestor/ingest/reporter.h"

#include <assert.h>
#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "ingestor/http/suspend.h"
#include "ingestor/ingest/retry_after.h"
#include "ingestor/metrics.h"

/*
 * Resumes are collected while reports are taken and done afterwards in one go: each one wakes its
 * http thread, and a wake-up walks all requests that wait there.
 */

#define POLL_MS 50                /* longest sleep without reports */
#define TICK_NS (100 * NS_PER_MS) /* deadlines are seconds */

struct reporter {
    struct service *service;
    struct loop *const *loops;
    size_t n_loops;
    struct metrics_shard *shard;
    struct thread *thread;
    _Atomic bool stop;

    struct request *first; /* decided, not yet resumed; in the order of decision */
    struct request **last;
    struct drain_rate rate;
    struct kafka_producer_stats seen; /* what the counters of metrics have already */
    int64_t next_tick_ns;
    int64_t expire_ns; /* deadlines before this are over */
};

static void take(struct reporter *r, struct request *req)
{
    req->next = NULL;
    *r->last = req;
    r->last = &req->next;
}

static void on_report(void *arg, void *opaque, enum kafka_outcome outcome)
{
    struct reporter *r = arg;
    struct request *req = opaque;
    if (req == NULL) {
        return; /* a rejected event: nobody waits for it */
    }
    assert(req->magic == REQUEST_MAGIC);
    switch (delivery_report(&req->delivery, outcome)) {
    case DELIVERY_WAIT:
        break;
    case DELIVERY_RESUME:
        take(r, req);
        break;
    case DELIVERY_RECYCLE:
        request_pool_return(&req->loop->pool, req);
        break;
    }
}

static void on_request(void *arg, struct request *req)
{
    struct reporter *r = arg;
    if (delivery_expire(&req->delivery, r->expire_ns) == DELIVERY_RESUME) {
        take(r, req);
    }
}

static void resume_all(struct reporter *r, int64_t now_ns)
{
    struct request *req = r->first;
    r->first = NULL;
    r->last = &r->first;
    while (req != NULL) {
        /* Once resumed the request is its http thread's: look at it before. */
        struct request *next = req->next;
        metrics_observe(r->shard, METRIC_ACK_SECONDS, 0, now_ns - req->delivery.sent_ns);
        request_resume(req);
        req = next;
    }
}

static void count_stats(struct reporter *r, int64_t now_ns)
{
    struct kafka_producer_stats now;
    struct service *s = r->service;
    kafka_producer_stats(s->producer, &now);
    metrics_add(r->shard, METRIC_KAFKA_REPORTS, KAFKA_PERSISTED, now.persisted - r->seen.persisted);
    metrics_add(r->shard, METRIC_KAFKA_REPORTS, KAFKA_NOT_PERSISTED,
                now.not_persisted - r->seen.not_persisted);
    metrics_add(r->shard, METRIC_KAFKA_REPORTS, KAFKA_MAYBE_PERSISTED,
                now.maybe_persisted - r->seen.maybe_persisted);
    metrics_add(r->shard, METRIC_KAFKA_ERRORS, 0, now.errors - r->seen.errors);
    metrics_add(r->shard, METRIC_KAFKA_REBUILDS, 0, now.rebuilds - r->seen.rebuilds);
    metrics_gauge(s->metrics, METRIC_KAFKA_QUEUE_MESSAGES, 0, now.queued_messages);
    metrics_gauge(s->metrics, METRIC_KAFKA_QUEUE_BYTES, 0, now.queued_bytes);
    uint64_t total = now.persisted + now.not_persisted + now.maybe_persisted;
    double rate = drain_rate_update(&r->rate, now_ns, total);
    atomic_store_explicit(&s->drain_rate, (uint64_t)rate, memory_order_relaxed);
    atomic_store_explicit(&s->queued, now.queued_messages, memory_order_relaxed);
    r->seen = now;
}

static void tick(struct reporter *r, int64_t now_ns)
{
    if (now_ns < r->next_tick_ns) {
        return;
    }
    r->next_tick_ns = now_ns + TICK_NS;
    bool all = atomic_load_explicit(&r->service->expire_all, memory_order_relaxed);
    r->expire_ns = all ? INT64_MAX : now_ns;
    for (size_t i = 0; i < r->n_loops; i++) {
        request_pool_each(&r->loops[i]->pool, on_request, r);
    }
    count_stats(r, now_ns);
}

static void run(void *arg)
{
    struct reporter *r = arg;
    bool stop = false;
    while (!stop) {
        stop = atomic_load_explicit(&r->stop, memory_order_acquire);
        (void)kafka_producer_poll(r->service->producer, POLL_MS, on_report, r);
        int64_t now_ns = clock_mono_ns();
        tick(r, now_ns);
        resume_all(r, now_ns);
    }
}

struct reporter *reporter_start(struct service *service, struct loop *const *loops, size_t n,
                                struct err *e)
{
    struct reporter *r = mem_calloc(1, sizeof *r);
    r->service = service;
    r->loops = loops;
    r->n_loops = n;
    r->shard = metrics_shard(service->metrics);
    r->last = &r->first;
    r->thread = thread_start("delivery", run, r, e);
    if (r->thread == NULL) {
        mem_free(r);
        return NULL;
    }
    return r;
}

void reporter_stop(struct reporter *r)
{
    if (r == NULL) {
        return;
    }
    atomic_store_explicit(&r->stop, true, memory_order_release);
    thread_join(r->thread);
    mem_free(r);
}

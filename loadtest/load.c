/*
 * Phases and clock of a load thread: connect, walk the schedule, drain, end. Between two calls of
 * epoll it hands out at most WALK_MAX due events, so that answers are read in time.
 */
#include "loadtest/load.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/signals.h"
#include "common/contract/json.h"
#include "loadtest/load_internal.h"

#define EVENTS_MAX 512 /* of one epoll wait */
#define WALK_MAX 256   /* due events between two waits */
#define SWEEP_NS (20 * NS_PER_MS)
#define PUBLISH_NS (200 * NS_PER_MS)
#define FLUSH_NS NS_PER_S
#define START_TIMEOUT_NS (30 * NS_PER_S) /* to have all connections at the start */
#define DRAIN_MAX_MS 10000               /* to send what is due when the schedule ends */
#define SPARE_DESCRIPTORS 64
/* Linux lets timers of a thread be 50 us late to save wake-ups. Up to this many requests a second
 * the wake-ups are affordable and the send lag falls from 60 us to 10 us. */
#define SHARP_TIMER_RATE 10000

static int raise_descriptors(uint32_t connections, struct err *e)
{
    struct rlimit r;
    rlim_t need = connections + SPARE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0) {
        err_set_errno(e, ERR_SYSTEM, errno, "getrlimit");
        return -1;
    }
    if (r.rlim_cur < need) {
        r.rlim_cur = r.rlim_max < need ? r.rlim_max : need;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
    if (r.rlim_cur < need) {
        err_set(e, ERR_USAGE, "--connections %u needs %llu file descriptors, the limit is %llu",
                connections, (unsigned long long)need, (unsigned long long)r.rlim_cur);
        return -1;
    }
    return 0;
}

struct load *load_new(const struct load_conf *conf, struct payload *payload,
                      struct ledger_writer *ledger, struct recent *recent, struct err *e)
{
    if (raise_descriptors(conf->connections, e) != 0) {
        return NULL;
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        err_set_errno(e, ERR_SYSTEM, errno, "epoll_create1");
        return NULL;
    }
    struct load *l = mem_calloc(1, sizeof *l);
    l->conf = *conf;
    l->payload = payload;
    l->ledger = ledger;
    l->recent = recent;
    l->epoll = epoll;
    l->scratch = mem_alloc(LOAD_SCRATCH + JSON_PADDING);
    l->answers = answers_new(conf->batch);
    rng_seed(&l->rng, conf->seed);
    schedule_init(&l->schedule, conf->rate, conf->duration_s, conf->vehicles, conf->connections);
    stats_init(&l->stats);
    stats_init(&l->published);
    (void)pthread_mutex_init(&l->mutex, NULL);
    l->drain_ns = INT64_MAX;
    l->connections = mem_calloc(conf->connections, sizeof *l->connections);
    size_t body_max = conf->batch * (size_t)(PAYLOAD_EVENT_MAX + 1) + 2;
    for (uint32_t i = 0; i < conf->connections; i++) {
        struct connection *c = &l->connections[i];
        c->fd = -1;
        c->index = i;
        /* The first requests have different sizes, so that later ones do not come in bursts. */
        c->first = conf->batch - (uint32_t)((uint64_t)i * conf->batch / conf->connections);
        c->goal = c->first;
        schedule_cursor_init(&c->cursor, i);
        request_init(&c->request, conf->target->head_n, body_max);
        c->events = mem_calloc(conf->batch, sizeof *c->events);
        buf_init(&c->in, ANSWER_BODY_MAX);
    }
    return l;
}

void load_free(struct load *l)
{
    if (l == NULL) {
        return;
    }
    for (uint32_t i = 0; i < l->conf.connections; i++) {
        struct connection *c = &l->connections[i];
        load_connection_close(l, c);
        request_release(&c->request);
        mem_free(c->events);
    }
    mem_free(l->connections);
    stats_release(&l->stats);
    stats_release(&l->published);
    (void)pthread_mutex_destroy(&l->mutex);
    answers_free(l->answers);
    mem_free(l->scratch);
    (void)close(l->epoll);
    mem_free(l);
}

static enum load_state state_of(const struct load *l)
{
    return (enum load_state)atomic_load_explicit(&l->state, memory_order_relaxed);
}

static void set_state(struct load *l, enum load_state state)
{
    atomic_store_explicit(&l->state, (int)state, memory_order_relaxed);
}

void load_fail(struct load *l, const struct err *e)
{
    if (l->err.code == ERR_NONE) {
        l->err = *e;
    }
    load_stop(l);
}

bool load_sending(const struct load *l, int64_t now_ns)
{
    enum load_state state = state_of(l);
    if (l->conf.rate <= 0) {
        return state == LOAD_RUNNING && now_ns < l->end_ns;
    }
    return state == LOAD_RUNNING || (state == LOAD_DRAINING && now_ns < l->drain_ns);
}

static int64_t thread_cpu_ns(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_THREAD, &u) != 0) {
        return 0;
    }
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * INT64_C(1000);
}

static void publish(struct load *l)
{
    l->stats.backlog = l->waiting;
    if (l->waiting > l->stats.backlog_max) {
        l->stats.backlog_max = l->waiting;
    }
    (void)pthread_mutex_lock(&l->mutex);
    stats_take(&l->published, &l->stats);
    (void)pthread_mutex_unlock(&l->mutex);
}

/* Event time of the connection's oldest event that has no answer yet, or later_us. */
static int64_t oldest_event(const struct load *l, const struct connection *c, int64_t later_us)
{
    if (c->loaded) {
        return c->events[0].time_us;
    }
    if (c->due == 0) {
        return later_us;
    }
    int64_t due_ns = schedule_due_ns(&l->schedule, schedule_cursor_k(&c->cursor));
    return l->start_wall_us + due_ns / 1000;
}

/* Connections whose time has come; how many can be used, how many have something under way. */
static void sweep(struct load *l, int64_t now_ns, uint32_t *usable, uint32_t *open)
{
    l->wall_offset_us = clock_wall_us() - now_ns / 1000;
    if (l->waiting > l->stats.backlog_max) {
        l->stats.backlog_max = l->waiting;
    }
    *usable = 0;
    *open = 0;
    int64_t now_us = l->start_wall_us + (now_ns - l->start_ns) / 1000;
    int64_t oldest_us = now_us;
    for (uint32_t i = 0; i < l->conf.connections; i++) {
        struct connection *c = &l->connections[i];
        bool may_connect = l->connecting < LOAD_CONNECTING_MAX && now_ns < l->drain_ns;
        if (c->state != CONNECTION_IDLE && c->wake_ns <= now_ns &&
            (c->state != CONNECTION_DOWN || may_connect)) {
            load_connection_wake(l, c, now_ns);
        }
        *usable += c->state >= CONNECTION_IDLE;
        *open += c->state == CONNECTION_BUSY || c->loaded || c->due > 0;
        int64_t event_us = oldest_event(l, c, now_us);
        oldest_us = event_us < oldest_us ? event_us : oldest_us;
    }
    if (l->recent != NULL && state_of(l) != LOAD_CONNECTING) {
        recent_set_open(l->recent, oldest_us - US_PER_S / 1000); /* printed in whole ms */
    }
}

static void start(struct load *l, int64_t now_ns)
{
    l->start_ns = now_ns;
    l->start_wall_us = clock_wall_us();
    l->wall_offset_us = l->start_wall_us - now_ns / 1000;
    l->end_ns = l->conf.duration_s > 0 ? now_ns + (int64_t)(l->conf.duration_s * 1e9) : INT64_MAX;
    l->cpu_ns = thread_cpu_ns();
    atomic_store_explicit(&l->started_ns, now_ns, memory_order_relaxed);
    set_state(l, LOAD_RUNNING);
    for (uint32_t i = 0; i < l->conf.connections && l->conf.rate <= 0; i++) {
        if (l->connections[i].state == CONNECTION_IDLE) {
            load_connection_next(l, &l->connections[i], now_ns);
        }
    }
}

static void begin_drain(struct load *l, bool stopped, int64_t now_ns)
{
    int64_t wait_ms = l->conf.timeout_ms < DRAIN_MAX_MS ? l->conf.timeout_ms : DRAIN_MAX_MS;
    l->drain_ns = stopped ? now_ns : now_ns + wait_ms * NS_PER_MS;
    set_state(l, LOAD_DRAINING);
    for (uint32_t i = 0; i < l->conf.connections; i++) {
        struct connection *c = &l->connections[i];
        if (c->state == CONNECTION_IDLE && (c->due > 0 || c->loaded)) {
            load_connection_next(l, c, now_ns);
        }
    }
}

/* Hands out due events; the monotonic time of the next one. */
static int64_t walk(struct load *l, int64_t now_ns)
{
    if (state_of(l) != LOAD_RUNNING || l->conf.rate <= 0) {
        return INT64_MAX;
    }
    for (int i = 0; i < WALK_MAX && l->walk.k < l->schedule.total; i++) {
        int64_t due_ns = l->start_ns + schedule_due_ns(&l->schedule, l->walk.k);
        if (due_ns > now_ns) {
            return due_ns;
        }
        struct connection *c = &l->connections[l->walk.connection];
        c->due++;
        if (++c->filling == c->goal) {
            c->filling = 0;
            c->goal = l->conf.batch;
            c->ready++;
            l->waiting++;
        }
        schedule_walk_next(&l->schedule, &l->walk);
        if (c->state == CONNECTION_IDLE) {
            load_connection_next(l, c, now_ns);
        }
    }
    return l->walk.k < l->schedule.total ? now_ns : INT64_MAX;
}

/* Ends of phases; looked at once a sweep. True at the end of the run. */
static bool next_phase(struct load *l, int64_t now_ns, uint32_t usable, uint32_t open)
{
    bool stopped = atomic_load_explicit(&l->stop, memory_order_relaxed);
    switch (state_of(l)) {
    case LOAD_CONNECTING:
        if (stopped) {
            return true;
        }
        if (usable == l->conf.connections || now_ns - l->start_ns > START_TIMEOUT_NS) {
            start(l, now_ns);
        }
        return false;
    case LOAD_RUNNING:
        if (stopped || (l->conf.rate > 0 ? l->walk.k == l->schedule.total : now_ns >= l->end_ns)) {
            begin_drain(l, stopped, now_ns);
        }
        return false;
    case LOAD_DRAINING:
        if (stopped && l->drain_ns > now_ns) {
            l->drain_ns = now_ns;
        }
        if (now_ns < l->drain_ns) {
            return open == 0;
        }
        for (uint32_t i = 0; i < l->conf.connections; i++) {
            if (l->connections[i].state == CONNECTION_BUSY) {
                return false;
            }
        }
        return true;
    case LOAD_DONE:
        break;
    }
    return true;
}

static void wait_events(struct load *l, struct epoll_event *events, int64_t timeout_ns)
{
    struct timespec t = {.tv_sec = timeout_ns / NS_PER_S, .tv_nsec = timeout_ns % NS_PER_S};
    int n = epoll_pwait2(l->epoll, events, EVENTS_MAX, &t, NULL);
    for (int i = 0; i < n; i++) {
        load_connection_event(l, events[i].data.ptr, events[i].events);
    }
}

static void finish(struct load *l)
{
    int64_t now_ns = clock_mono_ns();
    for (uint32_t i = 0; i < l->conf.connections; i++) {
        struct connection *c = &l->connections[i];
        if (c->loaded) {
            load_request_abandon(l, c, now_ns);
        }
        l->unmade += c->due;
    }
    l->cpu_ns = thread_cpu_ns() - l->cpu_ns;
    l->elapsed_ns = l->settled_ns > l->start_ns ? l->settled_ns - l->start_ns : 0;
    publish(l);
    set_state(l, LOAD_DONE);
    signals_request_stop();
}

void load_thread(void *load)
{
    struct load *l = load;
    struct epoll_event *events = mem_calloc(EVENTS_MAX, sizeof *events);
    int64_t now_ns = clock_mono_ns();
    int64_t sweep_ns = now_ns;
    int64_t publish_ns = now_ns;
    int64_t flush_ns = now_ns + FLUSH_NS;
    l->start_ns = now_ns;
    l->cpu_ns = thread_cpu_ns();
    if (l->conf.rate / l->conf.batch <= SHARP_TIMER_RATE) {
        (void)prctl(PR_SET_TIMERSLACK, 1UL);
    }
    for (bool done = false; !done;) {
        if (now_ns >= sweep_ns) {
            uint32_t usable;
            uint32_t open;
            sweep(l, now_ns, &usable, &open);
            done = next_phase(l, now_ns, usable, open);
            sweep_ns = now_ns + (state_of(l) == LOAD_CONNECTING ? NS_PER_MS : SWEEP_NS);
        }
        if (now_ns >= publish_ns) {
            publish(l);
            publish_ns = now_ns + PUBLISH_NS;
        }
        struct err e;
        if (now_ns >= flush_ns && !l->ledger_failed) {
            if (ledger_flush(l->ledger, &e) != 0) {
                l->ledger_failed = true;
                load_fail(l, &e);
            }
            flush_ns = now_ns + FLUSH_NS;
        }
        int64_t next_ns = walk(l, now_ns);
        next_ns = next_ns < sweep_ns ? next_ns : sweep_ns;
        now_ns = clock_mono_ns();
        wait_events(l, events, next_ns > now_ns ? next_ns - now_ns : 0);
        now_ns = clock_mono_ns();
    }
    mem_free(events);
    finish(l);
}

void load_stop(struct load *l)
{
    atomic_store_explicit(&l->stop, true, memory_order_relaxed);
}

void load_take_stats(struct load *l, struct stats *into)
{
    (void)pthread_mutex_lock(&l->mutex);
    stats_take(into, &l->published);
    (void)pthread_mutex_unlock(&l->mutex);
}

enum load_state load_state(struct load *l)
{
    return state_of(l);
}

int64_t load_started_ns(struct load *l)
{
    return atomic_load_explicit(&l->started_ns, memory_order_relaxed);
}

const struct err *load_error(const struct load *l)
{
    return &l->err;
}

uint64_t load_unmade(const struct load *l)
{
    return l->unmade;
}

int64_t load_elapsed_ns(const struct load *l)
{
    return l->elapsed_ns;
}

int64_t load_cpu_ns(const struct load *l)
{
    return l->cpu_ns;
}

#include "ingestor/auth/jwks_source.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/thread.h"
#include "ingestor/auth/jwks_fetch.h"
#include "ingestor/auth/jwks_schedule.h"

/*
 * A URL source has one thread: sleep until the schedule's next try or until somebody wants one,
 * fetch without a lock, publish. Set and generation change together under the lock; views read the
 * generation without it first.
 */

/* Reading a file reserves a step more than it needs. */
#define FILE_TEXT_LIMIT (KEYSET_TEXT_MAX + 16384)

struct jwks_source {
    char *location;
    char *ca_file;
    enum jwa_alg rsa_alg;
    int64_t timeout_ms;
    struct thread *thread; /* NULL: file */

    _Atomic bool wanted;         /* set by jwks_source_want, reset when a fetch begins */
    _Atomic bool stop;           /* set once, by jwks_source_free */
    _Atomic uint64_t generation; /* changes under lock */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct keyset *set; /* under lock, as is what follows */
    struct jwks_stats stats;

    /* the thread's own */
    struct jwks_schedule schedule;
    struct rng rng;
};

static void lock(struct jwks_source *s)
{
    const int rc = pthread_mutex_lock(&s->lock);
    assert(rc == 0);
    (void)rc;
}

static void unlock(struct jwks_source *s)
{
    const int rc = pthread_mutex_unlock(&s->lock);
    assert(rc == 0);
    (void)rc;
}

static void note_failure(struct jwks_source *s)
{
    lock(s);
    s->stats.failures++;
    unlock(s);
}

void jwks_source_publish(struct jwks_source *s, struct keyset *set)
{
    lock(s);
    struct keyset *old = s->set;
    s->set = set;
    s->stats.loads++;
    s->stats.keys = keyset_count(set);
    s->stats.loaded_ns = clock_mono_ns();
    (void)atomic_fetch_add_explicit(&s->generation, 1, memory_order_relaxed);
    unlock(s);
    keyset_unref(old);
}

struct keyset *jwks_source_load_file(const struct jwks_options *options, struct err *e)
{
    const struct keyset_policy policy = {
        .rsa_alg = options->rsa_alg, .secrets = true, .strict = true};
    struct keyset_report report;
    struct buf text;
    struct keyset *set = NULL;
    buf_init(&text, FILE_TEXT_LIMIT);
    if (jwks_read_file(options->location, &text, e) == 0) {
        set = keyset_parse((struct str){text.p, text.n}, &policy, &report, e);
        if (set == NULL) {
            err_wrap(e, "key set %s", options->location);
        }
        mem_wipe(text.p, text.n); /* HMAC secrets */
    }
    buf_release(&text);
    return set;
}

static void log_set(const struct keyset_report *report)
{
    LOG(LOG_INFO, "jwks_loaded", log_int("keys", (int64_t)report->usable),
        log_int("skipped", (int64_t)report->skipped), log_int("refused", (int64_t)report->refused));
    if (report->refused > 0) {
        LOG(LOG_WARN, "jwks_key_refused", log_err(&report->refusal));
    }
}

/* 0 with a new set in force, or -1 with e. */
static int fetch_set(struct jwks_source *s, int64_t *max_age_s, struct err *e)
{
    const struct keyset_policy policy = {.rsa_alg = s->rsa_alg};
    const struct jwks_fetch f = {
        .url = s->location, .ca_file = s->ca_file, .timeout_ms = s->timeout_ms, .stop = &s->stop};
    struct keyset_report report;
    struct keyset *set = NULL;
    struct buf text;
    buf_init(&text, KEYSET_TEXT_MAX);
    if (jwks_fetch(&f, &text, max_age_s, e) == 0) {
        set = keyset_parse((struct str){text.p, text.n}, &policy, &report, e);
        if (set == NULL) {
            err_wrap(e, "key set of the URL");
        }
    }
    buf_release(&text);
    if (set == NULL) {
        return -1;
    }
    log_set(&report);
    jwks_source_publish(s, set);
    return 0;
}

static void try_fetch(struct jwks_source *s)
{
    int64_t max_age_s = -1;
    struct err e = {0};
    /* A wish that comes from here on waits for its own minute. */
    atomic_store(&s->wanted, false);
    jwks_schedule_begin(&s->schedule, clock_mono_ns());
    const int rc = fetch_set(s, &max_age_s, &e);
    const int64_t now_ns = clock_mono_ns();
    if (rc == 0) {
        jwks_schedule_succeeded(&s->schedule, now_ns, max_age_s);
        return;
    }
    jwks_schedule_failed(&s->schedule, now_ns, rng_next(&s->rng));
    note_failure(s);
    if (!atomic_load(&s->stop)) {
        LOG(LOG_WARN, "jwks_fetch_failed", log_err(&e), log_bool("keys_kept", s->schedule.loaded));
    }
}

/* Sleeps until the time, a wish that the schedule does not know of yet, or the end. */
static void sleep_until(struct jwks_source *s, int64_t due_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(due_ns / NS_PER_S),
                                   .tv_nsec = (long)(due_ns % NS_PER_S)};
    lock(s);
    int rc = 0;
    while (rc == 0 && !atomic_load(&s->stop) && atomic_load(&s->wanted) == s->schedule.wanted) {
        rc = pthread_cond_timedwait(&s->wake, &s->lock, &until);
    }
    unlock(s);
}

static void run(void *arg)
{
    struct jwks_source *s = arg;
    while (!atomic_load(&s->stop)) {
        const int64_t due_ns = jwks_schedule_due_ns(&s->schedule);
        if (due_ns <= clock_mono_ns()) {
            try_fetch(s);
            continue;
        }
        sleep_until(s, due_ns);
        s->schedule.wanted = atomic_load(&s->wanted);
    }
}

static void init_lock(struct jwks_source *s)
{
    pthread_condattr_t attributes;
    int rc = pthread_condattr_init(&attributes);
    rc = rc != 0 ? rc : pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    rc = rc != 0 ? rc : pthread_cond_init(&s->wake, &attributes);
    rc = rc != 0 ? rc : pthread_condattr_destroy(&attributes);
    rc = rc != 0 ? rc : pthread_mutex_init(&s->lock, NULL);
    assert(rc == 0);
    (void)rc;
}

/* 0, or -1 with e. */
static int start_thread(struct jwks_source *s, int64_t refresh_s, struct err *e)
{
    uint64_t seed = 0;
    if (jwks_check_url(s->location, e) != 0 || random_bytes(&seed, sizeof seed, e) != 0) {
        return -1;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(e, ERR_SYSTEM, "libcurl does not start");
        return -1;
    }
    rng_seed(&s->rng, seed);
    jwks_schedule_init(&s->schedule, refresh_s);
    s->thread = thread_start("jwks", run, s, e);
    if (s->thread == NULL) {
        curl_global_cleanup();
        return -1;
    }
    return 0;
}

struct jwks_source *jwks_source_new(const struct jwks_options *options, struct err *e)
{
    struct jwks_source *s = mem_calloc(1, sizeof *s);
    s->location = mem_strdup(options->location);
    s->ca_file = options->ca_file == NULL ? NULL : mem_strdup(options->ca_file);
    s->rsa_alg = options->rsa_alg;
    s->timeout_ms = options->timeout_ms;
    init_lock(s);
    const int rc = jwks_is_url(s->location) ? start_thread(s, options->refresh_s, e)
                                            : jwks_source_reload(s, e);
    if (rc != 0) {
        jwks_source_free(s);
        return NULL;
    }
    return s;
}

void jwks_source_free(struct jwks_source *s)
{
    if (s == NULL) {
        return;
    }
    if (s->thread != NULL) {
        lock(s);
        atomic_store(&s->stop, true);
        (void)pthread_cond_signal(&s->wake);
        unlock(s);
        thread_join(s->thread);
        curl_global_cleanup();
    }
    keyset_unref(s->set);
    (void)pthread_cond_destroy(&s->wake);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s->location);
    mem_free(s->ca_file);
    mem_free(s);
}

int jwks_source_reload(struct jwks_source *s, struct err *e)
{
    if (s->thread != NULL) {
        jwks_source_want(s);
        return 0;
    }
    const struct jwks_options options = {.location = s->location, .rsa_alg = s->rsa_alg};
    struct keyset *set = jwks_source_load_file(&options, e);
    if (set == NULL) {
        note_failure(s);
        return -1;
    }
    jwks_source_publish(s, set);
    return 0;
}

void jwks_source_want(struct jwks_source *s)
{
    /* While a wish waits for its minute, further ones cost one atomic operation each. */
    if (s->thread == NULL || atomic_exchange(&s->wanted, true)) {
        return;
    }
    lock(s);
    (void)pthread_cond_signal(&s->wake);
    unlock(s);
}

void jwks_source_stats(struct jwks_source *s, struct jwks_stats *out)
{
    lock(s);
    *out = s->stats;
    unlock(s);
}

void jwks_view_update(struct jwks_view *v, struct jwks_source *s)
{
    /* Relaxed is enough: a stale value costs one more request with the old set, and the set itself
     * is read under the lock. */
    if (atomic_load_explicit(&s->generation, memory_order_relaxed) == v->generation) {
        return;
    }
    keyset_unref(v->set);
    lock(s);
    v->set = keyset_ref(s->set);
    v->generation = atomic_load_explicit(&s->generation, memory_order_relaxed);
    unlock(s);
}

void jwks_view_release(struct jwks_view *v)
{
    keyset_unref(v->set);
    *v = (struct jwks_view){0};
}

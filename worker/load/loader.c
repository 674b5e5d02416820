/*
 * decide.c says what a failure means; here it is carried out. Waiting is always interruptible by
 * stop and by a new generation; a call into libpq is bounded by the connection's own timeouts.
 */
#include "worker/load/loader.h"

#include <assert.h>
#include <stdatomic.h>

#include "common/base/bqueue.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/thread.h"
#include "common/io/pg.h"
#include "worker/admin/leaf.h"
#include "worker/admin/leaves.h"
#include "worker/admin/schema.h"
#include "worker/load/decide.h"
#include "worker/load/refill.h"
#include "worker/load/refuse.h"
#include "worker/load/transaction.h"
#include "worker/metrics.h"
#include "worker/stopper.h"

#define BACKOFF_BASE_MS 100
#define BACKOFF_MAX_MS 5000
#define HALT_MS 5000                   /* between looks whether a person has repaired it */
#define REFILL_SPARE_NS (2 * NS_PER_S) /* of a claim's time, for the answer to arrive */
#define IDLE_MS 5000 /* without a job: a sign of life to the server, so that /readyz is true */
#define SESSION_OPTIONS "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"

struct loader {
    struct loader_options o;
    struct bqueue *jobs;
    struct bqueue *done;
    struct thread *thread;
    _Atomic uint64_t generation;
    struct stopper stopper;

    /* the loader thread's own */
    struct pg *pg; /* NULL: not connected */
    struct transaction tx;
    struct metrics_shard *shard;
    struct rng rng;
    struct leaf_range *leaves; /* per stream: days whose leaves were seen */
    unsigned failures;         /* in a row */
};

/* --- waiting ---------------------------------------------------------------------------------- */

static bool dropped(const struct loader *l, const struct job *job)
{
    return stopper_requested(&l->stopper) || job->generation != atomic_load(&l->generation);
}

static void back_off(struct loader *l)
{
    int64_t ms = clock_backoff_ms(l->failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS, rng_next(&l->rng));
    l->failures++;
    stopper_sleep(&l->stopper, ms);
}

/* --- the connection --------------------------------------------------------------------------- */

static void disconnect(struct loader *l)
{
    pg_close(l->pg);
    l->pg = NULL;
}

/* Notes a failure in metrics and health; the connection is closed when it broke or when its state
 * is to be looked at again. */
static void note_failure(struct loader *l, const struct err *e, bool halt)
{
    metrics_add(l->shard, METRIC_PG_ERRORS, 0, 1);
    if (halt) {
        health_bad(l->o.health, HEALTH_SCHEMA, e->text);
        disconnect(l);
    } else if (l->pg == NULL || !pg_usable(l->pg)) {
        health_bad(l->o.health, HEALTH_POSTGRES, e->text);
        disconnect(l);
    } else {
        LOG(LOG_WARN, "postgres_failed", log_err(e));
    }
}

/* Tables and columns that we need are there. */
static int probe_schema(struct loader *l, struct err *e)
{
    if (pg_exec(l->pg,
                "SELECT cluster_id, topic, part, next_off, rollup_off, epoch, owner, pg_pid, "
                "updated_at FROM ingest_offset LIMIT 0; "
                "SELECT topic, kpart, koff, stage, reason, sqlstate, key, raw, first_seen "
                "FROM dead_event LIMIT 0",
                e) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < l->o.streams->n && rc == 0; i++) {
        const struct stream *s = &l->o.streams->items[i];
        struct pg_result *columns = schema_read(l->pg, s->table, e);
        rc = columns == NULL ? -1 : schema_check(columns, s, e);
        pg_result_free(columns);
    }
    return rc;
}

enum connect_rc { CONNECT_OK, CONNECT_AWAY, CONNECT_UNFIT };

/* Connects when needed and looks whether the tables fit; failures are noted. */
static enum connect_rc connect_once(struct loader *l)
{
    if (l->pg != NULL && pg_usable(l->pg)) {
        return CONNECT_OK;
    }
    struct err e;
    disconnect(l);
    l->pg = pg_connect(l->o.url, "tidegate-worker", SESSION_OPTIONS, &e);
    if (l->pg == NULL) {
        note_failure(l, &e, false);
        return CONNECT_AWAY;
    }
    metrics_add(l->shard, METRIC_PG_CONNECTS, 0, 1);
    for (size_t i = 0; i < l->o.streams->n; i++) {
        l->leaves[i].any = false; /* it may be another database now */
    }
    if (probe_schema(l, &e) != 0) {
        bool unfit = pg_failure_class(&e) == PG_FAILURE_OPERATOR;
        if (unfit) {
            err_wrap(&e, "the tables do not fit, run `worker migrate`");
        }
        note_failure(l, &e, unfit);
        disconnect(l);
        return unfit ? CONNECT_UNFIT : CONNECT_AWAY;
    }
    health_ok(l->o.health, HEALTH_POSTGRES);
    health_ok(l->o.health, HEALTH_SCHEMA);
    return CONNECT_OK;
}

/* The same; false after one failure that was waited for. */
static bool connected(struct loader *l)
{
    switch (connect_once(l)) {
    case CONNECT_OK:
        return true;
    case CONNECT_AWAY:
        back_off(l);
        break;
    case CONNECT_UNFIT:
        stopper_sleep(&l->stopper, HALT_MS);
        break;
    }
    return false;
}

/* --- jobs ------------------------------------------------------------------------------------- */

static enum job_result run_probe(struct loader *l, const struct job *job)
{
    while (!dropped(l, job)) {
        if (connected(l)) {
            l->failures = 0;
            return JOB_DONE;
        }
    }
    return JOB_DROPPED;
}

static int fill_windows(struct loader *l, const struct job *job, struct err *e)
{
    bool complete = true;
    int64_t end_ns = job->deadline_ns - REFILL_SPARE_NS;
    int rc = refill_windows(l->pg, l->o.streams, job->claims, job->windows, end_ns, &complete, e);
    if (!complete) {
        disconnect(l);
    }
    return rc;
}

static enum job_result run_claim(struct loader *l, struct job *job)
{
    l->tx.scope.cluster_id = l->o.cluster_id;
    while (!dropped(l, job) && clock_mono_ns() < job->deadline_ns) {
        if (!connected(l)) {
            continue;
        }
        struct err e;
        if (transaction_claim(&l->tx, l->pg, l->o.owner, job->claims, job->n_claims, &e) == 0 &&
            fill_windows(l, job, &e) == 0) {
            l->failures = 0;
            return JOB_DONE;
        }
        err_wrap(&e, "claim partitions");
        note_failure(l, &e, pg_failure_class(&e) == PG_FAILURE_OPERATOR);
        back_off(l);
    }
    return JOB_DROPPED;
}

/* Makes leaves that the batch needs and that were not seen yet. anyway: look again at all. */
static int ensure_leaves(struct loader *l, const struct batch *b, bool anyway, struct err *e)
{
    for (size_t i = 0; i < b->n_tables; i++) {
        const struct batch_table *t = &b->tables[i];
        if (t->n == t->refused) {
            continue;
        }
        int64_t first = leaf_day(t->min_us);
        int64_t last = leaf_day(t->max_us);
        if (!anyway && leaf_range_covers(&l->leaves[i], first, last)) {
            continue;
        }
        struct leaf_range want = leaf_range_join(&l->leaves[i], first, last);
        size_t made = 0;
        if (leaves_ensure(l->pg, l->o.streams->items[i].table, want.first, want.last, &made, e) !=
            0) {
            return -1;
        }
        if (made > 0) {
            LOG(LOG_INFO, "partitions_made", log_str("table", l->o.streams->items[i].table),
                log_int("partitions", (int64_t)made));
        }
        l->leaves[i] = want;
    }
    return 0;
}

/* State of one batch over its attempts. */
struct effort {
    struct job *job;
    bool uncertain;   /* a COMMIT's answer was lost */
    bool leaves_made; /* partitions were looked at again */
    bool searched;    /* a search for refused rows found none */
    unsigned tries;
};

static void note_stored(struct loader *l, const struct effort *f)
{
    const struct batch *b = f->job->batch;
    l->failures = 0;
    health_ok(l->o.health, HEALTH_SCHEMA);
    for (size_t i = 0; i < b->n_tables; i++) {
        metrics_add(l->shard, METRIC_STORED, i, b->tables[i].n - b->tables[i].refused);
    }
    for (size_t i = 0; i < DEAD_REASONS; i++) {
        metrics_add(l->shard, METRIC_DEAD, i, b->dead_counts[i]);
    }
    metrics_add(l->shard, METRIC_DUPLICATES, 0, b->n_duplicates);
    metrics_add(l->shard, METRIC_BATCHES, 0, 1);
    metrics_observe(l->shard, METRIC_COPY_SECONDS, 0, l->tx.copy_ns);
    metrics_observe(l->shard, METRIC_COMMIT_SECONDS, 0, l->tx.commit_ns);
    int64_t now_us = clock_wall_us();
    int64_t oldest_us = now_us;
    for (size_t i = 0; i < b->n_arrivals; i++) {
        const struct batch_arrival *a = &b->arrivals[i];
        oldest_us = a->received_us < oldest_us ? a->received_us : oldest_us;
        metrics_observe_n(l->shard, METRIC_RECEIVED_CONSUMED, 0,
                          (a->consumed_us - a->received_us) * 1000, a->n);
        metrics_observe_n(l->shard, METRIC_CONSUMED_STORED, 0, (now_us - a->consumed_us) * 1000,
                          a->n);
        metrics_observe_n(l->shard, METRIC_RECEIVED_STORED, 0, (now_us - a->received_us) * 1000,
                          a->n);
    }
    LOG(LOG_DEBUG, "batch_stored", log_int("records", (int64_t)b->records),
        log_int("dead", (int64_t)b->n_dead), log_int("bytes", (int64_t)b->bytes),
        log_int("copy_us", l->tx.copy_ns / 1000), log_int("commit_us", l->tx.commit_ns / 1000),
        log_int("oldest_us", now_us - oldest_us), log_int("tries", f->tries));
}

static enum job_result fenced(struct loader *l, const char *how)
{
    metrics_add(l->shard, METRIC_FENCED, 0, 1);
    LOG(LOG_WARN, "batch_fenced", log_str("found", how));
    return JOB_FENCED;
}

/* true: *result is the answer; false: send the batch (again). */
static bool settle_commit(struct loader *l, struct effort *f, enum job_result *result)
{
    struct err e;
    enum commit_rc rc;
    if (transaction_ask(&l->tx, l->pg, f->job->batch, &rc, &e) != 0) {
        note_failure(l, &e, false);
        back_off(l);
        return false; /* still uncertain: asked again first */
    }
    f->uncertain = false;
    LOG(LOG_INFO, "commit_settled",
        log_str("outcome", rc == COMMIT_HAPPENED  ? "stored"
                           : rc == COMMIT_DID_NOT ? "not stored"
                                                  : "fenced"));
    if (rc == COMMIT_HAPPENED) {
        note_stored(l, f);
        *result = JOB_DONE;
    } else if (rc == COMMIT_FENCED) {
        *result = fenced(l, "after an uncertain commit");
    }
    return rc != COMMIT_DID_NOT;
}

/* Carries out what an attempt asks for. true: *result is the answer; false: go on. */
static bool act(struct loader *l, struct effort *f, struct attempt *a, enum job_result *result)
{
    struct job *job = f->job;
    enum action action = decide_attempt(a, f->leaves_made, f->searched);
    if (action == ACTION_DONE) {
        note_stored(l, f);
        *result = JOB_DONE;
        return true;
    }
    if (action == ACTION_FENCED) {
        *result = fenced(l, "by the offsets");
        return true;
    }
    metrics_add(l->shard, METRIC_RETRIES, 0, 1);
    err_wrap(&a->e, "store batch");
    if (!a->usable) {
        disconnect(l);
    }
    switch (action) {
    case ACTION_ASK:
        f->uncertain = true;
        metrics_add(l->shard, METRIC_UNCERTAIN, 0, 1);
        note_failure(l, &a->e, false);
        back_off(l);
        break;
    case ACTION_RETRY:
        note_failure(l, &a->e, false);
        back_off(l);
        break;
    case ACTION_LEAVES:
        f->leaves_made = true;
        if (ensure_leaves(l, job->batch, true, &a->e) != 0) {
            note_failure(l, &a->e, pg_failure_class(&a->e) == PG_FAILURE_OPERATOR);
            back_off(l);
        }
        break;
    case ACTION_SEARCH:
        f->searched = refuse_rows(&l->tx, l->pg, job->batch, a) == 0;
        if (!pg_usable(l->pg)) {
            back_off(l);
        }
        break;
    case ACTION_HALT:
        note_failure(l, &a->e, true);
        stopper_sleep(&l->stopper, HALT_MS);
        break;
    case ACTION_DONE:
    case ACTION_FENCED:
        break; /* above */
    }
    return false;
}

static enum job_result run_batch(struct loader *l, struct job *job)
{
    struct effort f = {.job = job};
    enum job_result result = JOB_DROPPED;
    l->tx.scope.cluster_id = l->o.cluster_id;
    transaction_prepare(&l->tx, job->batch);
    while (!dropped(l, job)) {
        if (!connected(l)) {
            continue;
        }
        if (f.uncertain) {
            if (settle_commit(l, &f, &result)) {
                return result;
            }
            continue;
        }
        struct attempt a = {.ok = false};
        if (ensure_leaves(l, job->batch, false, &a.e) != 0) {
            note_failure(l, &a.e, pg_failure_class(&a.e) == PG_FAILURE_OPERATOR);
            back_off(l);
            continue;
        }
        f.tries++;
        transaction_store(&l->tx, l->pg, job->batch, &a);
        if (act(l, &f, &a, &result)) {
            return result;
        }
    }
    metrics_add(l->shard, METRIC_DROPPED, 0, 1);
    return JOB_DROPPED;
}

static void keep_alive(struct loader *l)
{
    struct err e;
    if (l->pg != NULL && pg_exec(l->pg, "", &e) != 0) {
        note_failure(l, &e, false);
    }
    (void)connect_once(l);
}

static void run(void *arg)
{
    struct loader *l = arg;
    for (;;) {
        void *item = NULL;
        enum bqueue_rc rc = bqueue_pop(l->jobs, &item, IDLE_MS);
        if (rc == BQUEUE_CLOSED) {
            break;
        }
        if (rc == BQUEUE_TIMEOUT) {
            keep_alive(l);
            continue;
        }
        struct job *job = item;
        switch (job->kind) {
        case JOB_PROBE:
            job->result = run_probe(l, job);
            break;
        case JOB_CLAIM:
            job->result = run_claim(l, job);
            break;
        case JOB_BATCH:
            job->result = run_batch(l, job);
            break;
        }
        rc = bqueue_push(l->done, job, -1);
        assert(rc == BQUEUE_OK); /* room for the one job that can be under way */
    }
    disconnect(l);
    stopper_end(&l->stopper);
}

/* --- from the other threads ------------------------------------------------------------------- */

struct loader *loader_start(const struct loader_options *options, struct err *e)
{
    struct loader *l = mem_calloc(1, sizeof *l);
    l->o = *options;
    l->jobs = bqueue_new(1);
    l->done = bqueue_new(1);
    l->shard = metrics_shard(options->metrics);
    l->leaves = mem_calloc(options->streams->n, sizeof *l->leaves);
    transaction_init(&l->tx, options->streams);
    rng_seed(&l->rng, (uint64_t)clock_mono_ns());
    stopper_init(&l->stopper);
    l->thread = thread_start("loader", run, l, e);
    if (l->thread == NULL) {
        loader_free(l);
        return NULL;
    }
    return l;
}

void loader_submit(struct loader *l, struct job *job)
{
    enum bqueue_rc rc = bqueue_push(l->jobs, job, 0);
    assert(rc == BQUEUE_OK); /* one job at a time */
}

struct job *loader_collect(struct loader *l, int64_t timeout_ms)
{
    void *item = NULL;
    return bqueue_pop(l->done, &item, timeout_ms) == BQUEUE_OK ? item : NULL;
}

void loader_generation(struct loader *l, uint64_t generation)
{
    atomic_store(&l->generation, generation);
    stopper_nudge(&l->stopper);
}

void loader_request_stop(struct loader *l)
{
    stopper_request(&l->stopper);
}

bool loader_stop(struct loader *l, int64_t timeout_ms)
{
    loader_request_stop(l);
    bqueue_close(l->jobs);
    if (!stopper_wait(&l->stopper, timeout_ms)) {
        return false;
    }
    thread_join(l->thread);
    l->thread = NULL;
    return true;
}

void loader_free(struct loader *l)
{
    if (l == NULL) {
        return;
    }
    assert(l->thread == NULL);
    transaction_release(&l->tx);
    bqueue_free(l->jobs);
    bqueue_free(l->done);
    mem_free(l->leaves);
    stopper_release(&l->stopper);
    mem_free(l);
}

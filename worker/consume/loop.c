/*
 * One turn: take what the loader finished, hand over the batch when it is due, then read records
 * or, when there is no room, climb the ladder.
 */
#include "worker/consume/loop.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "worker/consume/loop_internal.h"
#include "worker/metrics.h"

#define BURST 1024         /* records between two looks at everything else */
#define CLOCK_EVERY 64     /* records per look at the clocks */
#define IDLE_POLL_MS 50    /* bounds how late a stop is seen */
#define BUSY_POLL_MS 2     /* batch due, loader busy: until the loader is free */
#define STALL_WAIT_MS 50   /* no room: until the loader is free */
#define START_RETRY_MS 250 /* between questions to a Kafka that is not ready */
#define START_ASK_MS 2000
#define REJOIN_RETRY_MS 1000
#define LEAVE_MIN_MS 300 /* for the group's leave, also when storing took all the time */
#define COMPLAINT_NS (10 * NS_PER_S)

void loop_look_at_clock(struct loop *l)
{
    l->now.mono_ns = clock_mono_ns();
    l->now.wall_us = clock_wall_us();
}

void loop_drop(struct loop *l)
{
    batch_begin(l->filling, &l->assignment, l->generation);
}

void loop_disown(struct loop *l)
{
    assignment_clear(&l->assignment);
    windows_free(l->windows);
    l->windows = NULL;
}

void loop_plan_rejoin(struct loop *l, int64_t delay_ms)
{
    int64_t at = clock_mono_ns() + delay_ms * NS_PER_MS;
    if (l->rejoin_ns == 0 || at < l->rejoin_ns) {
        l->rejoin_ns = at;
    }
}

/* --- the loader ------------------------------------------------------------------------------- */

struct job *loop_submit(struct loop *l, enum job_kind kind)
{
    assert(l->outstanding == NULL);
    struct job *job = mem_calloc(1, sizeof *job);
    job->kind = kind;
    job->generation = l->generation;
    l->outstanding = job;
    return job;
}

/* The filled batch goes to the loader; the spare one is filled next. */
static void hand_over(struct loop *l)
{
    assert(l->spare != NULL);
    struct batch *b = l->filling;
    for (size_t i = 0; i < b->n_spans; i++) {
        l->assignment.slots[i].next = b->spans[i].to;
    }
    l->filling = l->spare;
    l->spare = NULL;
    loop_drop(l);
    struct job *job = loop_submit(l, JOB_BATCH);
    job->batch = b;
    loader_submit(l->o.loader, job);
}

static void take_batch(struct loop *l, const struct job *job)
{
    l->spare = job->batch;
    if (job->generation != l->generation) {
        return;
    }
    switch (job->result) {
    case JOB_DONE:
        for (size_t i = 0; i < job->batch->n_spans; i++) {
            l->assignment.slots[i].committed = job->batch->spans[i].to;
        }
        l->hint_due = true;
        break;
    case JOB_FENCED:
        /* What was read after it cannot be stored either. */
        l->generation++;
        loader_generation(l->o.loader, l->generation);
        loop_disown(l);
        loop_drop(l);
        loop_plan_rejoin(l, 0);
        break;
    case JOB_DROPPED:
        break;
    }
}

void loop_take_finished(struct loop *l, int64_t timeout_ms)
{
    if (l->outstanding == NULL) {
        return;
    }
    struct job *job = loader_collect(l->o.loader, timeout_ms);
    if (job == NULL) {
        return;
    }
    assert(job == l->outstanding);
    l->outstanding = NULL;
    switch (job->kind) {
    case JOB_BATCH:
        take_batch(l, job);
        break;
    case JOB_PROBE:
        if (job->result == JOB_DONE) {
            loop_plan_rejoin(l, 0);
        } else {
            l->probe_wanted = true;
        }
        break;
    case JOB_CLAIM: /* later than its rebalance waited: the next one claims again */
        mem_free(job->claims);
        windows_free(job->windows);
        break;
    }
    mem_free(job);
}

static void hand_over_if_due(struct loop *l)
{
    if (l->outstanding == NULL && batch_due(l->filling, l->now.mono_ns)) {
        hand_over(l);
    }
}

/* --- records ---------------------------------------------------------------------------------- */

void loop_give_up(struct loop *l, const char *event, const char *why)
{
    LOG(LOG_ERROR, event, log_str("error", why));
    health_bad(l->o.health, HEALTH_KAFKA, why);
    atomic_store(&l->failed, true);
    stopper_request(&l->stopper);
    signals_request_stop();
}

static void note_gap(struct loop *l, const struct kafka_message *m, int64_t expected)
{
    metrics_add(l->shard, METRIC_GAP, 0, (uint64_t)(m->offset - expected));
    LOG(LOG_ERROR, "records_missing", log_str("topic", l->o.streams->items[m->topic].topic),
        log_int("partition", m->partition), log_int("expected", expected),
        log_int("got", m->offset));
}

static void on_message(struct loop *l, const struct kafka_message *m)
{
    uint32_t slot = assignment_find(&l->assignment, m->topic, m->partition);
    if (slot == ASSIGNMENT_NONE) {
        metrics_add(l->shard, METRIC_STALE, 0, 1);
        return;
    }
    int64_t expected = l->filling->spans[slot].to;
    switch (offset_check(expected, m->offset)) {
    case OFFSET_NEXT:
        break;
    case OFFSET_STALE:
        metrics_add(l->shard, METRIC_STALE, 0, 1);
        return;
    case OFFSET_GAP:
        note_gap(l, m, expected);
        break;
    }
    const struct record r = {
        .stream = m->topic,
        .span = slot,
        .window = l->windows == NULL ? NULL : l->windows->items[slot],
        .offset = m->offset,
        .timestamp_us = m->timestamp_us,
        .key = m->key,
        .value = m->value,
    };
    if (intake_record(l->intake, l->filling, &r, &l->now) != 0) {
        loop_give_up(l, "out_of_memory", "a record does not fit into memory");
    }
}

static void on_error(struct loop *l, const struct err *e)
{
    uint64_t suppressed = 0;
    metrics_add(l->shard, METRIC_KAFKA_ERRORS, 0, 1);
    if (log_throttle_pass(&l->complaints, l->now.mono_ns, COMPLAINT_NS, &suppressed)) {
        LOG(LOG_WARN, "kafka_failed", log_err(e), log_int("suppressed", (int64_t)suppressed));
    }
}

static void on_lost(struct loop *l, const struct kafka_message *m, const struct err *e)
{
    uint32_t slot = assignment_find(&l->assignment, m->topic, m->partition);
    if (slot != ASSIGNMENT_NONE) {
        l->assignment.slots[slot].stopped = true;
        rebalance_stop_partition(l, m->topic, m->partition, e->text);
    }
}

/* One poll. false when nothing came. */
static bool poll_once(struct loop *l, int64_t timeout_ms)
{
    struct kafka_message m;
    struct err *e = &l->poll_error;
    switch (kafka_consumer_poll(l->kafka, timeout_ms, &m, e)) {
    case KAFKA_POLL_NONE:
        return false;
    case KAFKA_POLL_MESSAGE:
        if (timeout_ms > 0) {
            loop_look_at_clock(l); /* it may have waited */
        }
        on_message(l, &m);
        break;
    case KAFKA_POLL_LOST:
        on_lost(l, &m, e);
        break;
    case KAFKA_POLL_ERROR:
        on_error(l, e);
        break;
    case KAFKA_POLL_FATAL:
        loop_give_up(l, "kafka_fatal", e->text);
        break;
    }
    return true;
}

/* How long a poll may wait for the next record. */
static int64_t poll_patience_ms(const struct loop *l)
{
    int64_t ns = batch_patience_ns(l->filling, l->now.mono_ns);
    if (ns <= 0) {
        return BUSY_POLL_MS; /* due: only the loader keeps it from going */
    }
    int64_t ms = ns / NS_PER_MS + 1;
    return ms < IDLE_POLL_MS ? ms : IDLE_POLL_MS;
}

static void consume(struct loop *l)
{
    for (unsigned i = 1; i <= BURST && !batch_full(l->filling); i++) {
        if (!poll_once(l, 0)) {
            loop_look_at_clock(l);
            hand_over_if_due(l);
            (void)poll_once(l, poll_patience_ms(l));
            return;
        }
        if (i % CLOCK_EVERY == 0) {
            loop_look_at_clock(l);
        }
    }
}

/* --- turns ------------------------------------------------------------------------------------ */

static void rejoin_if_planned(struct loop *l)
{
    if (l->probe_wanted && l->outstanding == NULL) {
        l->probe_wanted = false;
        loader_submit(l->o.loader, loop_submit(l, JOB_PROBE));
    }
    if (l->rejoin_ns == 0 || l->now.mono_ns < l->rejoin_ns) {
        return;
    }
    l->rejoin_ns = 0;
    struct err e;
    LOG(LOG_INFO, "group_rejoin", log_int("generation", (int64_t)l->generation));
    if (kafka_consumer_rejoin(l->kafka, &e) != 0) {
        on_error(l, &e);
        loop_plan_rejoin(l, REJOIN_RETRY_MS);
    }
}

static void turn(struct loop *l)
{
    loop_look_at_clock(l);
    loop_take_finished(l, 0);
    rejoin_if_planned(l);
    hand_over_if_due(l);
    switch (ladder_next(&l->ladder, batch_full(l->filling), l->now.mono_ns)) {
    case LADDER_RESUME:
        kafka_consumer_resume(l->kafka);
        LOG(LOG_INFO, "consumption_resumed", log_int("generation", (int64_t)l->generation));
        consume(l);
        break;
    case LADDER_CONSUME:
        consume(l);
        break;
    case LADDER_WAIT:
        loop_take_finished(l, STALL_WAIT_MS);
        break;
    case LADDER_PAUSE:
        kafka_consumer_pause(l->kafka);
        metrics_add(l->shard, METRIC_PAUSES, 0, 1);
        LOG(LOG_INFO, "consumption_paused", log_int("generation", (int64_t)l->generation));
        break;
    case LADDER_IDLE:
        (void)poll_once(l, IDLE_POLL_MS);
        break;
    }
    housekeeping(l);
}

/* --- start and end ---------------------------------------------------------------------------- */

/* One look: all topics there, cluster known. The topics come first: their answer brings the cluster
 * id along, while librdkafka 2.0.2 waits for an answer that nobody asked for. */
static int check_cluster(struct loop *l, struct err *e)
{
    for (uint32_t i = 0; i < l->o.streams->n; i++) {
        int32_t partitions = 0;
        if (kafka_consumer_partitions(l->kafka, i, START_ASK_MS, &partitions, e) != 0) {
            return -1;
        }
        if (partitions == 0) {
            err_set(e, ERR_NOT_FOUND, "topic %s does not exist, run `worker topics`",
                    l->o.streams->items[i].topic);
            return -1;
        }
    }
    return kafka_consumer_cluster_id(l->kafka, START_ASK_MS, l->o.cluster_id, SQL_CLUSTER_SIZE, e);
}

static void wait_for_kafka(struct loop *l)
{
    while (!stopper_requested(&l->stopper)) {
        struct err e;
        if (check_cluster(l, &e) == 0) {
            return;
        }
        health_bad(l->o.health, HEALTH_KAFKA, e.text);
        stopper_sleep(&l->stopper, START_RETRY_MS);
    }
}

/* The claim at the first assignment needs PostgreSQL: no reason to join before. */
static void wait_for_postgres(struct loop *l)
{
    loader_submit(l->o.loader, loop_submit(l, JOB_PROBE));
    while (l->outstanding != NULL && !stopper_requested(&l->stopper)) {
        loop_take_finished(l, IDLE_POLL_MS);
    }
    l->rejoin_ns = 0; /* subscribing is what comes next */
}

/* Waits for the job under way, at most until end_ns. */
static void await_job(struct loop *l, int64_t end_ns)
{
    while (l->outstanding != NULL) {
        int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
        if (left_ms <= 0) {
            return;
        }
        loop_take_finished(l, left_ms);
    }
}

static void finish(struct loop *l)
{
    int64_t end_ns = clock_mono_ns() + l->o.stop_ms * NS_PER_MS;
    await_job(l, end_ns);
    if (l->outstanding == NULL && l->filling->records > 0) {
        hand_over(l);
        await_job(l, end_ns);
    }
    housekeeping_hint(l);
    loader_request_stop(l->o.loader);
    int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
    l->left = kafka_consumer_close(l->kafka, left_ms < LEAVE_MIN_MS ? LEAVE_MIN_MS : left_ms);
}

static void run(void *arg)
{
    struct loop *l = arg;
    struct err e;
    wait_for_kafka(l);
    if (!stopper_requested(&l->stopper)) {
        wait_for_postgres(l);
    }
    if (!stopper_requested(&l->stopper)) {
        health_bad(l->o.health, HEALTH_KAFKA, "waiting for an assignment of the group");
        l->revoked_ns = clock_mono_ns();
        if (kafka_consumer_subscribe(l->kafka, &e) != 0) {
            loop_give_up(l, "kafka_fatal", e.text);
        }
    }
    while (!stopper_requested(&l->stopper)) {
        turn(l);
    }
    finish(l);
    stopper_end(&l->stopper);
}

static struct kafka_consumer *make_consumer(struct loop *l, struct err *e)
{
    const char **topics = mem_calloc(l->o.streams->n, sizeof *topics);
    for (size_t i = 0; i < l->o.streams->n; i++) {
        topics[i] = l->o.streams->items[i].topic;
    }
    struct kafka_consumer_options options = l->o.kafka;
    options.topics = topics;
    options.n_topics = l->o.streams->n;
    options.callbacks = (struct kafka_consumer_callbacks){
        .assigned = rebalance_assigned, .revoked = rebalance_revoked, .arg = l};
    struct kafka_consumer *c = kafka_consumer_new(&options, e);
    mem_free(topics);
    return c;
}

struct loop *loop_start(const struct loop_options *options, struct err *e)
{
    struct loop *l = mem_calloc(1, sizeof *l);
    l->o = *options;
    stopper_init(&l->stopper);
    assignment_init(&l->assignment);
    l->shard = metrics_shard(options->metrics);
    l->intake = intake_new(options->streams, &options->intake);
    l->filling = batch_new(options->streams->n, &options->batch);
    l->spare = batch_new(options->streams->n, &options->batch);
    loop_drop(l);
    if (random_bytes(&l->window_seed, sizeof l->window_seed, e) != 0) {
        goto fail;
    }
    l->kafka = make_consumer(l, e);
    if (l->kafka == NULL) {
        goto fail;
    }
    l->thread = thread_start("consumer", run, l, e);
    if (l->thread == NULL) {
        goto fail;
    }
    return l;

fail:
    loop_free(l);
    return NULL;
}

void loop_request_stop(struct loop *l)
{
    stopper_request(&l->stopper);
}

bool loop_stop(struct loop *l, int64_t timeout_ms)
{
    loop_request_stop(l);
    if (!stopper_wait(&l->stopper, timeout_ms)) {
        return false;
    }
    thread_join(l->thread);
    l->thread = NULL;
    return l->left;
}

bool loop_failed(const struct loop *l)
{
    return atomic_load(&l->failed);
}

void loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    assert(l->thread == NULL);
    kafka_consumer_free(l->kafka);
    if (l->outstanding != NULL) {
        /* The loader has ended, too: nobody else looks at it. */
        batch_free(l->outstanding->batch);
        mem_free(l->outstanding->claims);
        windows_free(l->outstanding->windows);
        mem_free(l->outstanding);
    }
    intake_free(l->intake);
    batch_free(l->filling);
    batch_free(l->spare);
    windows_free(l->windows);
    assignment_release(&l->assignment);
    stopper_release(&l->stopper);
    mem_free(l);
}

/*
 * What happens when the group moves partitions: a claim in PostgreSQL decides where each begins.
 * Runs inside the poll of the consumer thread and is bounded in time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "worker/consume/loop_internal.h"
#include "worker/metrics.h"

#define CLAIM_MS 10000    /* for everything; the group waits much longer (max.poll.interval.ms) */
#define WATERMARK_MS 2000 /* of one partition */
#define RETRY_MS 2000     /* after a failure of Kafka */

static void new_generation(struct loop *l)
{
    l->generation++;
    loader_generation(l->o.loader, l->generation);
    loop_disown(l);
    ladder_reset(&l->ladder);
    loop_drop(l);
}

void rebalance_revoked(void *arg)
{
    struct loop *l = arg;
    new_generation(l);
    l->assigned_ns = 0;
    l->revoked_ns = clock_mono_ns();
    metrics_gauge(l->o.metrics, METRIC_PARTITIONS, 0, 0);
    LOG(LOG_INFO, "partitions_revoked", log_int("generation", (int64_t)l->generation));
}

void rebalance_stop_partition(struct loop *l, uint32_t stream, int32_t partition, const char *why)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s/%" PRId32 " is not consumed: %s",
                   l->o.streams->items[stream].topic, partition, why);
    LOG(LOG_ERROR, "partition_stopped", log_str("topic", l->o.streams->items[stream].topic),
        log_int("partition", partition), log_str("error", why));
    health_bad(l->o.health, HEALTH_POSITIONS, text);
}

/* Asks Kafka for the range of each partition's log. 0, or -1 when it does not answer in time. */
static int read_watermarks(struct loop *l, const struct kafka_position *positions, size_t n,
                           struct claim *claims, int64_t *highs, int64_t end_ns)
{
    for (size_t i = 0; i < n; i++) {
        struct err e;
        int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
        claims[i] =
            (struct claim){.stream = positions[i].topic, .partition = positions[i].partition};
        if (left_ms < 1) {
            err_set(&e, ERR_TIMEOUT, "kafka: the offsets of %zu partitions took too long", n);
        } else if (kafka_consumer_watermarks(l->kafka, positions[i].topic, positions[i].partition,
                                             left_ms < WATERMARK_MS ? left_ms : WATERMARK_MS,
                                             &claims[i].low, &highs[i], &e) == 0) {
            continue;
        }
        health_bad(l->o.health, HEALTH_KAFKA, e.text);
        loop_plan_rejoin(l, RETRY_MS);
        return -1;
    }
    return 0;
}

/* Claims through the loader, behind the batch that it works on. 0, or -1 when PostgreSQL does not
 * answer in time. claims become the loader's when it fails: they come back with a late job. */
static int claim(struct loop *l, struct claim *claims, size_t n, int64_t end_ns)
{
    struct windows *windows = windows_new(&l->o.windows, n, l->window_seed);
    while (l->outstanding != NULL && clock_mono_ns() < end_ns && !stopper_requested(&l->stopper)) {
        loop_take_finished(l, 50);
    }
    if (l->outstanding != NULL) {
        mem_free(claims);
        windows_free(windows);
        return -1;
    }
    struct job *job = loop_submit(l, JOB_CLAIM);
    job->claims = claims;
    job->n_claims = n;
    job->windows = windows;
    job->deadline_ns = end_ns;
    loader_submit(l->o.loader, job);
    bool done = false;
    while (!done && clock_mono_ns() < end_ns && !stopper_requested(&l->stopper)) {
        done = loader_collect(l->o.loader, 50) != NULL;
    }
    if (!done) {
        return -1;
    }
    l->outstanding = NULL;
    done = job->result == JOB_DONE;
    mem_free(job);
    if (!done) {
        mem_free(claims);
        windows_free(windows);
        return -1;
    }
    l->windows = windows;
    return 0;
}

/* Why a claimed position cannot be used, or NULL. */
static const char *refuse_position(const struct claim *c, int64_t high, char *out, size_t size)
{
    switch (position_check(c->next, c->low, high)) {
    case POSITION_OK:
        break;
    case POSITION_TRUNCATED:
        (void)snprintf(out, size,
                       "offset %" PRId64 " was stored but the log ends at %" PRId64
                       ": truncated, or the topic was made anew",
                       c->next, high);
        return out;
    case POSITION_EXPIRED:
        (void)snprintf(out, size,
                       "offset %" PRId64 " is next but the log begins at %" PRId64
                       ": retention removed records that were not stored",
                       c->next, c->low);
        return out;
    }
    return NULL;
}

/* Turns claims into the assignment and the offsets to begin at. */
static void settle(struct loop *l, struct kafka_position *positions, const struct claim *claims,
                   const int64_t *highs, size_t n)
{
    struct slot *slots = mem_calloc(n, sizeof *slots);
    size_t stopped = 0;
    for (size_t i = 0; i < n; i++) {
        char why[256];
        const char *refused = refuse_position(&claims[i], highs[i], why, sizeof why);
        slots[i] = (struct slot){
            .stream = claims[i].stream,
            .partition = claims[i].partition,
            .epoch = claims[i].epoch,
            .next = claims[i].next,
            .committed = claims[i].next,
            .stopped = refused != NULL,
        };
        positions[i].offset = refused != NULL ? KAFKA_OFFSET_SKIP : claims[i].next;
        if (refused != NULL) {
            stopped++;
            rebalance_stop_partition(l, claims[i].stream, claims[i].partition, refused);
        }
    }
    assignment_set(&l->assignment, slots, n);
    mem_free(slots);
    if (stopped == 0) {
        health_ok(l->o.health, HEALTH_POSITIONS);
    }
    metrics_gauge(l->o.metrics, METRIC_STOPPED, 0, (int64_t)stopped);
}

static void note_assigned(struct loop *l, size_t n)
{
    l->assigned_ns = clock_mono_ns();
    metrics_gauge(l->o.metrics, METRIC_PARTITIONS, 0, (int64_t)n);
    health_ok(l->o.health, HEALTH_KAFKA);
    LOG(LOG_INFO, "partitions_assigned", log_int("partitions", (int64_t)n),
        log_int("generation", (int64_t)l->generation));
}

int rebalance_assigned(void *arg, struct kafka_position *positions, size_t n)
{
    struct loop *l = arg;
    int64_t end_ns = clock_mono_ns() + CLAIM_MS * NS_PER_MS;
    new_generation(l);
    metrics_add(l->shard, METRIC_REBALANCES, 0, 1);
    if (n == 0) {
        health_ok(l->o.health, HEALTH_POSITIONS);
        note_assigned(l, 0);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (positions[i].partition > ASSIGNMENT_PARTITION_MAX) {
            rebalance_stop_partition(l, positions[i].topic, positions[i].partition,
                                     "partitions above 32767 have no place in the tables");
            return -1;
        }
    }
    struct claim *claims = mem_calloc(n, sizeof *claims);
    int64_t *highs = mem_calloc(n, sizeof *highs);
    int rc = read_watermarks(l, positions, n, claims, highs, end_ns);
    if (rc != 0) {
        mem_free(claims);
    } else {
        rc = claim(l, claims, n, end_ns);
        l->probe_wanted = rc != 0;
    }
    if (rc == 0) {
        settle(l, positions, claims, highs, n);
        mem_free(claims);
        loop_drop(l);
        note_assigned(l, n);
    } else {
        LOG(LOG_WARN, "assignment_put_off", log_int("partitions", (int64_t)n));
    }
    mem_free(highs);
    return rc;
}

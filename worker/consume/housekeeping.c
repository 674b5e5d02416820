/*
 * The slow half of the consumer thread.
 */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "worker/consume/loop_internal.h"
#include "worker/metrics.h"

#define PERIOD_NS NS_PER_S
#define UNASSIGNED_NS (15 * NS_PER_S) /* an ordinary rebalance is over by then */
#define REACH_MS 100
#define STUCK_NS (60 * NS_PER_S) /* without an assignment although brokers answer: join anew */
#define STUCK_LIMIT 3            /* then only a new process helps */

static void measure_lag(struct loop *l)
{
    int64_t total = 0;
    int64_t most = 0;
    for (size_t i = 0; i < l->assignment.n; i++) {
        const struct slot *s = &l->assignment.slots[i];
        int64_t high = kafka_consumer_high(l->kafka, s->stream, s->partition);
        int64_t lag = high > s->committed ? high - s->committed : 0;
        total += lag;
        most = lag > most ? lag : most;
    }
    metrics_gauge(l->o.metrics, METRIC_LAG, 0, total);
    metrics_gauge(l->o.metrics, METRIC_LAG_MAX, 0, most);
}

static void measure_windows(struct loop *l)
{
    struct dedupe_state s = windows_state(l->windows);
    double reach = s.ids == 0 ? 0 : (double)(l->now.wall_us - s.oldest_us) / (double)US_PER_S;
    metrics_gauge(l->o.metrics, METRIC_DEDUP_IDS, 0, (int64_t)s.ids);
    metrics_gauge(l->o.metrics, METRIC_DEDUP_BYTES, 0, (int64_t)s.bytes);
    metrics_gauge_real(l->o.metrics, METRIC_DEDUP_SECONDS, 0, reach);
}

void housekeeping_hint(struct loop *l)
{
    if (!l->hint_due || l->assignment.n == 0) {
        return;
    }
    l->hint_due = false;
    struct kafka_position *positions = mem_calloc(l->assignment.n, sizeof *positions);
    size_t n = 0;
    for (size_t i = 0; i < l->assignment.n; i++) {
        const struct slot *s = &l->assignment.slots[i];
        if (!s->stopped) {
            positions[n++] = (struct kafka_position){s->stream, s->partition, s->committed};
        }
    }
    kafka_consumer_commit_hint(l->kafka, positions, n);
    mem_free(positions);
}

/* librdkafka 2.0.2 was seen to wait for ever after a join that followed a broker's freeze. */
static void end_stuck_wait(struct loop *l, int64_t now_ns)
{
    if (l->probe_wanted || l->outstanding != NULL) {
        l->revoked_ns = now_ns; /* it is PostgreSQL that is waited for */
        return;
    }
    if (now_ns - l->revoked_ns < STUCK_NS) {
        return;
    }
    l->revoked_ns = now_ns;
    l->stuck++;
    if (l->stuck > STUCK_LIMIT) {
        loop_give_up(l, "group_lost", "the group gives no assignment although brokers answer");
        return;
    }
    LOG(LOG_WARN, "group_silent", log_int("rejoins", l->stuck));
    loop_plan_rejoin(l, 0);
}

static void check_kafka(struct loop *l, int64_t now_ns)
{
    if (!kafka_consumer_reachable(l->kafka, REACH_MS)) {
        health_bad(l->o.health, HEALTH_KAFKA, "no broker answers");
        l->revoked_ns = l->assigned_ns == 0 ? now_ns : l->revoked_ns; /* no wait for the group */
    } else if (l->assigned_ns != 0) {
        l->stuck = 0;
        health_ok(l->o.health, HEALTH_KAFKA);
    } else if (now_ns - l->revoked_ns > UNASSIGNED_NS) {
        health_bad(l->o.health, HEALTH_KAFKA, "the group has given no assignment for long");
        end_stuck_wait(l, now_ns);
    }
}

void housekeeping(struct loop *l)
{
    int64_t now_ns = l->now.mono_ns;
    if (now_ns < l->housekeeping_ns) {
        return;
    }
    l->housekeeping_ns = now_ns + PERIOD_NS;
    measure_lag(l);
    measure_windows(l);
    housekeeping_hint(l);
    check_kafka(l, now_ns);
}

#include "ingestor/kafka_watch.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "ingestor/metrics.h"

#define FRESH_NS (3 * NS_PER_S) /* a report this young is proof enough */
#define DOWN_AFTER 2            /* failed questions: one may be a broker's pause */

void kafka_watch_init(struct kafka_watch *w, struct service *service, int64_t timeout_ms)
{
    *w = (struct kafka_watch){.service = service, .timeout_ms = timeout_ms};
    w->missing_told = mem_calloc(service->contracts->n + 1, sizeof(bool));
}

void kafka_watch_release(struct kafka_watch *w)
{
    mem_free(w->missing_told);
    w->missing_told = NULL;
}

static void set_up(struct kafka_watch *w, bool up)
{
    struct service *s = w->service;
    bool was = atomic_exchange(&s->kafka_up, up);
    metrics_gauge(s->metrics, METRIC_KAFKA_UP, 0, up);
    if (was != up) {
        LOG(up ? LOG_INFO : LOG_ERROR, up ? "kafka_up" : "kafka_down",
            log_str("brokers", s->conf->kafka_brokers));
    }
}

static void note_failure(struct kafka_watch *w, const struct err *e)
{
    w->failures++;
    if (!w->told) {
        w->told = true;
        LOG(LOG_WARN, "kafka_no_answer", log_err(e));
    }
    if (w->failures >= DOWN_AFTER) {
        set_up(w, false);
    }
}

static void note_answer(struct kafka_watch *w)
{
    w->failures = 0;
    w->told = false;
    set_up(w, true);
}

/* False when Kafka did not answer. */
static bool ask_topic(struct kafka_watch *w, size_t i)
{
    struct service *s = w->service;
    int partitions = 0;
    struct err e = {0};
    bool was = atomic_load(&s->topic_ready[i]);
    if (kafka_producer_probe(s->producer, i, w->timeout_ms, &partitions, &e) == 0) {
        note_answer(w);
        if (!was) {
            LOG(LOG_INFO, "topic_found", log_str("topic", s->topics[i]),
                log_int("partitions", partitions));
        }
        atomic_store(&s->topic_ready[i], true);
        return true;
    }
    if (e.code == ERR_NOT_FOUND || e.code == ERR_DENIED) {
        note_answer(w);
        if (was || !w->missing_told[i]) {
            w->missing_told[i] = true;
            LOG(LOG_ERROR, "topic_missing", log_str("topic", s->topics[i]), log_err(&e),
                log_str("hint", "create it with: worker topics"));
        }
        atomic_store(&s->topic_ready[i], false);
        return true;
    }
    note_failure(w, &e);
    return false;
}

void kafka_watch_step(struct kafka_watch *w, int64_t now_ns)
{
    struct service *s = w->service;
    for (size_t i = 0; i <= s->contracts->n; i++) {
        if (!atomic_load(&s->topic_ready[i]) && !ask_topic(w, i)) {
            return;
        }
    }
    struct kafka_producer_stats stats;
    kafka_producer_stats(s->producer, &stats);
    bool fresh = stats.last_persisted_ns != 0 && now_ns - stats.last_persisted_ns < FRESH_NS;
    bool trouble = stats.errors != w->errors_seen;
    w->errors_seen = stats.errors;
    if (fresh && !trouble) {
        note_answer(w);
        return;
    }
    (void)ask_topic(w, s->default_contract);
}

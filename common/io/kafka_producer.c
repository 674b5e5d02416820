#include "common/io/kafka_producer.h"

#include <assert.h>
#include <stdatomic.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/kafka_internal.h"
#include "common/io/kafka_producer_internal.h"

/*
 * Senders (any thread) hold the handle between begin and end; the polling thread alone replaces it.
 * That is a read-write lock whose readers never wait: a sender counts itself in and then looks at
 * alive, the poller clears alive and then looks at the count. Both sides are sequentially
 * consistent, so at least one sees the other.
 */

#define REBUILD_INTERVAL_NS NS_PER_S       /* at most one new handle a second */
#define REBUILD_PATIENCE_NS (2 * NS_PER_S) /* for reports of what was in flight, then purge */
#define EVENTS_PER_POLL 64                 /* then the caller gets to answer */

struct kafka_producer {
    /* what a new handle is made from */
    struct kafka_producer_conf conf; /* points into texts and topics */
    char *texts[4];
    char **topics;

    struct kafka_handle handle; /* read between begin and end, written by the poller */
    atomic_bool alive;          /* handle may be used; partner of users */
    atomic_uint users;          /* batches and calls that hold the handle */
    atomic_bool fatal_seen;     /* set by whoever meets the fatal error first */
    int64_t dead_since_ns;      /* poller: 0 while alive */
    int64_t rebuilt_ns;         /* poller: time of the last new handle */

    atomic_int_fast64_t queued_bytes;
    _Atomic uint64_t outcomes[3]; /* by enum kafka_outcome; written by the poller */
    _Atomic uint64_t errors;
    _Atomic uint64_t rebuilds;
    _Atomic int64_t last_persisted_ns;
};

/* --- life ------------------------------------------------------------------------------------- */

struct kafka_producer *kafka_producer_new(const struct kafka_producer_conf *conf, struct err *e)
{
    assert(conf->n_topics > 0);
    struct kafka_producer *p = mem_calloc(1, sizeof *p);
    p->conf = *conf;
    p->conf.brokers = p->texts[0] = mem_strdup(conf->brokers);
    p->conf.client_id = p->texts[1] = mem_strdup(conf->client_id);
    p->conf.compression = p->texts[2] = mem_strdup(conf->compression);
    p->conf.settings = p->texts[3] = mem_strdup(conf->settings);
    p->topics = mem_calloc(conf->n_topics, sizeof(char *));
    for (size_t i = 0; i < conf->n_topics; i++) {
        p->topics[i] = mem_strdup(conf->topics[i]);
    }
    p->conf.topics = (const char *const *)p->topics;
    if (kafka_handle_open(&p->handle, &p->conf, e) != 0) {
        kafka_producer_free(p);
        return NULL;
    }
    p->rebuilt_ns = clock_mono_ns();
    atomic_store(&p->alive, true);
    return p;
}

void kafka_producer_free(struct kafka_producer *p)
{
    if (p == NULL) {
        return;
    }
    assert(atomic_load(&p->users) == 0);
    kafka_handle_close(&p->handle);
    for (size_t i = 0; i < p->conf.n_topics; i++) {
        mem_free(p->topics[i]);
    }
    mem_free(p->topics);
    for (size_t i = 0; i < ARRAY_SIZE(p->texts); i++) {
        mem_free(p->texts[i]);
    }
    mem_free(p);
}

/* --- sending --------------------------------------------------------------------------------- */

static bool hold(struct kafka_producer *p)
{
    atomic_fetch_add(&p->users, 1);
    if (atomic_load(&p->alive)) {
        return true;
    }
    atomic_fetch_sub(&p->users, 1);
    return false;
}

static void let_go(struct kafka_producer *p)
{
    atomic_fetch_sub(&p->users, 1);
}

bool kafka_producer_begin(struct kafka_producer *p, struct kafka_batch *b)
{
    *b = (struct kafka_batch){.p = p};
    return hold(p);
}

static enum kafka_send_rc send_failure(struct kafka_producer *p, rd_kafka_resp_err_t error)
{
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return KAFKA_SEND_FULL;
    }
    if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return KAFKA_SEND_TOO_LARGE;
    }
    if (error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        return KAFKA_SEND_NO_TOPIC;
    }
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
        atomic_store(&p->fatal_seen, true);
    }
    return KAFKA_SEND_FAILED;
}

enum kafka_send_rc kafka_producer_send(struct kafka_batch *b, size_t topic, struct str key,
                                       struct str value, void *opaque)
{
    struct kafka_producer *p = b->p;
    assert(topic < p->conf.n_topics);
    union {
        const char *borrowed;
        void *for_library; /* the copy flag keeps it untouched */
    } bytes = {.borrowed = value.p};
    if (rd_kafka_produce(p->handle.topics[topic], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                         bytes.for_library, value.n, key.p, key.n, opaque) != 0) {
        return send_failure(p, rd_kafka_last_error());
    }
    b->bytes += key.n + value.n;
    return KAFKA_SEND_OK;
}

enum kafka_send_rc kafka_producer_send_noted(struct kafka_batch *b, size_t topic, struct str key,
                                             struct str value, const char *header, struct str note)
{
    struct kafka_producer *p = b->p;
    assert(topic < p->conf.n_topics);
    union {
        const char *borrowed;
        void *for_library; /* the copy flag keeps it untouched */
    } bytes = {.borrowed = value.p}, key_bytes = {.borrowed = key.p};
    /* By topic object, not by name: 2.0.2 delays the first message by name (librdkafka #5032) */
    rd_kafka_resp_err_t error = rd_kafka_producev(
        p->handle.rk, RD_KAFKA_V_RKT(p->handle.topics[topic]),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(bytes.for_library, value.n),
        RD_KAFKA_V_KEY(key_bytes.for_library, key.n),
        RD_KAFKA_V_HEADER(header, note.p, (ssize_t)note.n), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return send_failure(p, error);
    }
    b->bytes += key.n + value.n;
    return KAFKA_SEND_OK;
}

void kafka_producer_end(struct kafka_batch *b)
{
    atomic_fetch_add_explicit(&b->p->queued_bytes, (int64_t)b->bytes, memory_order_relaxed);
    let_go(b->p);
    b->p = NULL;
}

/* --- reports --------------------------------------------------------------------------------- */

static enum kafka_outcome outcome_of(const rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return KAFKA_PERSISTED;
    }
    switch (rd_kafka_message_status(m)) {
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED:
        return KAFKA_NOT_PERSISTED;
    case RD_KAFKA_MSG_STATUS_PERSISTED:
        return KAFKA_PERSISTED;
    case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED:
        break;
    }
    return KAFKA_MAYBE_PERSISTED;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static size_t take_reports(struct kafka_producer *p, rd_kafka_event_t *event,
                           kafka_report_fn report, void *arg)
{
    size_t bytes = 0;
    uint64_t n[3] = {0};
    const rd_kafka_message_t *m = rd_kafka_event_message_next(event);
    while (m != NULL) {
        enum kafka_outcome outcome = outcome_of(m);
        n[outcome]++;
        bytes += m->len + m->key_len;
        report(arg, m->_private, outcome);
        m = rd_kafka_event_message_next(event);
    }
    atomic_fetch_sub_explicit(&p->queued_bytes, (int64_t)bytes, memory_order_relaxed);
    for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
        count(&p->outcomes[i], n[i]);
    }
    if (n[KAFKA_PERSISTED] > 0) {
        atomic_store_explicit(&p->last_persisted_ns, clock_mono_ns(), memory_order_relaxed);
    }
    return n[0] + n[1] + n[2];
}

static void take_error(struct kafka_producer *p, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    bool fatal = error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event);
    count(&p->errors, 1);
    LOG(fatal ? LOG_ERROR : LOG_WARN, "kafka_error", log_str("name", rd_kafka_err2name(error)),
        log_str("text", rd_kafka_event_error_string(event)), log_bool("fatal", fatal));
    if (fatal) {
        atomic_store(&p->fatal_seen, true);
    }
}

static void purge(struct kafka_handle *h)
{
    rd_kafka_purge(h->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                              RD_KAFKA_PURGE_F_NON_BLOCKING);
}

/* A new handle when the old one is dead, unused and fully reported. */
static void rebuild_step(struct kafka_producer *p)
{
    int64_t now_ns = clock_mono_ns();
    if (p->dead_since_ns == 0) {
        atomic_store(&p->alive, false);
        p->dead_since_ns = now_ns;
    }
    if (atomic_load(&p->users) > 0) {
        return;
    }
    if (p->handle.rk != NULL) {
        if (rd_kafka_outq_len(p->handle.rk) > 0) {
            if (now_ns - p->dead_since_ns > REBUILD_PATIENCE_NS) {
                purge(&p->handle);
            }
            return;
        }
        if (now_ns - p->rebuilt_ns < REBUILD_INTERVAL_NS) {
            return;
        }
        kafka_handle_close(&p->handle);
    }
    if (now_ns - p->rebuilt_ns < REBUILD_INTERVAL_NS) {
        return;
    }
    p->rebuilt_ns = now_ns;
    struct err e = {0};
    if (kafka_handle_open(&p->handle, &p->conf, &e) != 0) {
        LOG(LOG_ERROR, "kafka_rebuild_failed", log_err(&e));
        return;
    }
    p->dead_since_ns = 0;
    count(&p->rebuilds, 1);
    atomic_store(&p->queued_bytes, 0);
    atomic_store(&p->fatal_seen, false);
    atomic_store(&p->alive, true);
    LOG(LOG_WARN, "kafka_rebuilt", log_int("count", (int64_t)atomic_load(&p->rebuilds)));
}

size_t kafka_producer_poll(struct kafka_producer *p, int64_t timeout_ms, kafka_report_fn report,
                           void *arg)
{
    size_t reports = 0;
    if (p->handle.queue == NULL) {
        /* between two handles: nothing can arrive */
        rebuild_step(p);
        return 0;
    }
    for (int i = 0; i < EVENTS_PER_POLL; i++) {
        rd_kafka_event_t *event =
            rd_kafka_queue_poll(p->handle.queue, i == 0 ? (int)timeout_ms : 0);
        if (event == NULL) {
            break;
        }
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            reports += take_reports(p, event, report, arg);
        } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
            take_error(p, event);
        }
        rd_kafka_event_destroy(event);
    }
    if (atomic_load_explicit(&p->fatal_seen, memory_order_relaxed)) {
        rebuild_step(p);
    }
    return reports;
}

/* --- state ----------------------------------------------------------------------------------- */

int64_t kafka_producer_queued_bytes(const struct kafka_producer *p)
{
    /* below 0 while reports have overtaken the end of their batch */
    int64_t n = atomic_load_explicit(&p->queued_bytes, memory_order_relaxed);
    return n < 0 ? 0 : n;
}

void kafka_producer_stats(struct kafka_producer *p, struct kafka_producer_stats *out)
{
    *out = (struct kafka_producer_stats){
        .queued_bytes = kafka_producer_queued_bytes(p),
        .persisted = atomic_load_explicit(&p->outcomes[KAFKA_PERSISTED], memory_order_relaxed),
        .not_persisted =
            atomic_load_explicit(&p->outcomes[KAFKA_NOT_PERSISTED], memory_order_relaxed),
        .maybe_persisted =
            atomic_load_explicit(&p->outcomes[KAFKA_MAYBE_PERSISTED], memory_order_relaxed),
        .errors = atomic_load_explicit(&p->errors, memory_order_relaxed),
        .rebuilds = atomic_load_explicit(&p->rebuilds, memory_order_relaxed),
        .last_persisted_ns = atomic_load_explicit(&p->last_persisted_ns, memory_order_relaxed),
    };
    if (hold(p)) {
        out->usable = true;
        out->queued_messages = rd_kafka_outq_len(p->handle.rk);
        let_go(p);
    }
}

int kafka_producer_probe(struct kafka_producer *p, size_t topic, int64_t timeout_ms,
                         int *partitions, struct err *e)
{
    assert(topic < p->conf.n_topics);
    if (!hold(p)) {
        err_set(e, ERR_UNAVAILABLE,
                "ask Kafka for the topic \"%s\": the producer is being replaced", p->topics[topic]);
        return -1;
    }
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_resp_err_t error =
        rd_kafka_metadata(p->handle.rk, 0, p->handle.topics[topic], &found, (int)timeout_ms);
    int n = 0;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        error = found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        n = found->topic_cnt == 1 ? found->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(found);
    }
    let_go(p);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        err_set(e, kafka_err_code(error), "ask Kafka for the topic \"%s\": %s", p->topics[topic],
                rd_kafka_err2str(error));
        return -1;
    }
    *partitions = n;
    return 0;
}

bool kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms)
{
    if (!hold(p)) {
        return false;
    }
    bool empty = rd_kafka_flush(p->handle.rk, (int)timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR;
    let_go(p);
    return empty;
}

void kafka_producer_purge(struct kafka_producer *p)
{
    if (hold(p)) {
        purge(&p->handle);
        let_go(p);
    }
}

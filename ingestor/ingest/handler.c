#include "ingestor/ingest/handler.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "ingestor/http/loop.h"
#include "ingestor/http/query.h"
#include "ingestor/http/suspend.h"
#include "ingestor/ingest/intake.h"
#include "ingestor/metrics.h"

/* From this share of the producer's queue on, requests are refused before their body is read; the
 * rest is for those whose body is in. */
#define QUEUE_SHARE_PERCENT 80

/* --- before the body -------------------------------------------------------------------------- */

static bool choose_contract(struct request *req)
{
    const struct service *s = req->loop->service;
    req->intake.contract =
        req->param.n == 0 ? s->default_contract : service_find_contract(s, req->param);
    if (req->intake.contract < s->contracts->n) {
        return true;
    }
    answer_problem(req, PROBLEM_UNKNOWN_CONTRACT, "no contract \"%.*s\"", (int)req->param.n,
                   req->param.p);
    return false;
}

static bool check_type(struct request *req)
{
    const struct headers *h = &req->headers;
    struct str coding = h->values[HEADER_CONTENT_ENCODING];
    if (coding.n > 0 && !headers_media_type(coding, "identity")) {
        answer_problem(req, PROBLEM_UNSUPPORTED_CODING, NULL);
        return false;
    }
    struct str type = h->values[HEADER_CONTENT_TYPE];
    req->intake.lines = headers_media_type(type, "application/x-ndjson");
    if (req->intake.lines || headers_media_type(type, "application/json")) {
        return true;
    }
    answer_problem(req, PROBLEM_UNSUPPORTED_TYPE,
                   "the route takes application/json and application/x-ndjson");
    return false;
}

static bool has_room(struct request *req)
{
    const struct service *s = req->loop->service;
    if (!atomic_load_explicit(&s->topic_ready[req->intake.contract], memory_order_relaxed)) {
        answer_problem(req, PROBLEM_KAFKA_UNAVAILABLE, "the topic of the contract is not there");
        return false;
    }
    if (!atomic_load_explicit(&s->kafka_up, memory_order_relaxed)) {
        answer_problem(req, PROBLEM_KAFKA_UNAVAILABLE, "no broker answers");
        return false;
    }
    if (atomic_load_explicit(&req->loop->inflight, memory_order_relaxed) >=
        req->loop->max_inflight) {
        answer_problem(req, PROBLEM_OVERLOADED, "too many requests wait for Kafka");
        return false;
    }
    int64_t cap = s->conf->kafka_queue_bytes / 100 * QUEUE_SHARE_PERCENT;
    if (kafka_producer_queued_bytes(s->producer) > cap) {
        answer_problem(req, PROBLEM_OVERLOADED, "too many bytes wait for Kafka");
        return false;
    }
    return true;
}

void ingest_admit(struct request *req)
{
    req->intake.atomic = false;
    if (!choose_contract(req) || !check_type(req)) {
        return;
    }
    if (query_flag(req, "atomic", &req->intake.atomic) != 0) {
        answer_problem(req, PROBLEM_MALFORMED_QUERY, "atomic must be true or false");
        return;
    }
    (void)has_room(req);
}

/* --- to Kafka --------------------------------------------------------------------------------- */

static void send_all(struct request *req)
{
    struct loop *l = req->loop;
    uint32_t n = req->intake.accepted;
    uint32_t sent = 0;
    struct kafka_batch batch;
    enum kafka_send_rc rc = KAFKA_SEND_FAILED;
    if (kafka_producer_begin(l->service->producer, &batch)) {
        rc = KAFKA_SEND_OK;
        while (sent < n && rc == KAFKA_SEND_OK) {
            const struct accepted_event *ev = &l->events[sent];
            const struct str key = {l->keys.p + ev->key, ev->key_n};
            rc = kafka_producer_send(&batch, req->intake.contract, key, ev->value, req);
            sent += rc == KAFKA_SEND_OK;
        }
        kafka_producer_end(&batch);
    }
    req->intake.refusal = rc;
    if (sent < n) {
        /* Not tried any further: what stands behind a refused event would be stored before it. */
        delivery_refuse(&req->delivery, n - sent);
    }
}

static void deliver(struct request *req)
{
    const struct ingestor_conf *conf = req->loop->service->conf;
    int64_t now_ns = clock_mono_ns();
    /* Before the first send: a report may come at once, and resuming a request that is not
     * suspended is undefined in the library. */
    request_suspend(req);
    delivery_arm(&req->delivery, req->intake.accepted, now_ns,
                 now_ns + conf->http_request_deadline * NS_PER_MS);
    send_all(req);
    body_release(&req->body); /* the producer has copies */
    if (delivery_release(&req->delivery) == DELIVERY_RESUME) {
        request_resume(req);
    }
}

void ingest_handle(struct request *req)
{
    intake_read(req);
    if (req->answer.status != 0) {
        return;
    }
    if (!has_room(req)) { /* again: while the body came, others filled it */
        return;
    }
    deliver(req);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* "name":number without a format: the answer to every good event passes here. */
static char *put_count(char *p, uint32_t n)
{
    char digits[10];
    size_t i = sizeof digits;
    do {
        digits[--i] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    memcpy(p, digits + i, sizeof digits - i);
    return p + sizeof digits - i;
}

static char *put(char *p, const char *text, size_t n)
{
    memcpy(p, text, n);
    return p + n;
}

#define PUT(p, literal) put(p, literal, sizeof(literal) - 1)
#define ANSWER_FIXED_MAX 256 /* all members but errors */

static void answer_durable(struct request *req)
{
    const struct intake *in = &req->intake;
    metrics_add(req->loop->shard, METRIC_ACCEPTED, in->contract, in->accepted);
    struct buf *out = &req->answer.out;
    char *begin = buf_reserve(out, ANSWER_FIXED_MAX + in->errors.n);
    answer_json(req, 202);
    if (begin == NULL) {
        return; /* no memory for the body, but the events are stored and 202 says so */
    }
    char *p = PUT(begin, "{\"accepted\":");
    p = put_count(p, in->accepted);
    p = PUT(p, ",\"rejected\":");
    p = put_count(p, in->rejected);
    if (in->event_id[0] != '\0') {
        p = PUT(p, ",\"event_id\":\"");
        p = put(p, in->event_id, EVENT_ID_TEXT_SIZE - 1);
        p = PUT(p, "\"");
    }
    p = PUT(p, ",\"errors\":[");
    if (in->errors.n > 0) {
        p = put(p, in->errors.p, in->errors.n);
    }
    p = PUT(p, "],\"request_id\":\"");
    p = put(p, req->id, req->id_n);
    p = PUT(p, "\"}\n");
    out->n += (size_t)(p - begin);
}

static void answer_not_taken(struct request *req)
{
    switch (req->intake.refusal) {
    case KAFKA_SEND_OK:
        answer_problem(req, PROBLEM_KAFKA_UNAVAILABLE, "Kafka did not take the events");
        break;
    case KAFKA_SEND_FULL:
        answer_problem(req, PROBLEM_OVERLOADED, "too many bytes wait for Kafka");
        break;
    case KAFKA_SEND_TOO_LARGE:
        answer_problem(req, PROBLEM_EVENT_TOO_LARGE, "Kafka's producer refuses its size");
        break;
    case KAFKA_SEND_NO_TOPIC:
        answer_problem(req, PROBLEM_KAFKA_UNAVAILABLE, "the topic of the contract is not there");
        break;
    case KAFKA_SEND_FAILED:
        answer_problem(req, PROBLEM_KAFKA_UNAVAILABLE, "the producer is being replaced");
        break;
    }
}

void ingest_resume(struct request *req)
{
    switch (delivery_outcome(&req->delivery)) {
    case DELIVERY_DURABLE:
        answer_durable(req);
        break;
    case DELIVERY_NOT_TAKEN:
        answer_not_taken(req);
        break;
    case DELIVERY_UNKNOWN:
        if (delivery_expired(&req->delivery)) {
            metrics_add(req->loop->shard, METRIC_EXPIRED, 0, 1);
            answer_unknown(req, PROBLEM_OUTCOME_UNKNOWN, "Kafka did not answer in time");
        } else {
            answer_unknown(req, PROBLEM_OUTCOME_UNKNOWN,
                           "Kafka confirmed a part of the events, or none for certain");
        }
        break;
    }
}

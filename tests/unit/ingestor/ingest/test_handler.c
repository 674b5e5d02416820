/*
 * The ingest route from header block to answer, with a fake producer and without an HTTP library.
 */
#include "ingestor/ingest/handler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "ingestor/http/loop.h"
#include "ingestor/http/query.h"
#include "ingestor/http/suspend.h"
#include "ingestor/metrics.h"
#include "tests/fakes/fake_kafka_producer.h"

#define EVENT(id, device)                                                           \
    "{\"event_id\":\"" id "\",\"at\":\"2026-11-21T04:09:00Z\",\"device\":\"" device \
    "\",\"value\":1}"
#define ID_A "0190f3a2-7b1c-7d40-9a6e-5b0c2f4d8e11"
#define GOOD EVENT(ID_A, "pump-1")
#define BAD "{\"at\":\"2026-11-21T04:09:00Z\",\"device\":\"pump-1\",\"value\":true}"

static const char SCHEMA[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"x-version\":1,"
    "\"x-device\":\"/device\",\"x-time\":\"/at\",\"x-event-id\":\"/event_id\",\"type\":\"object\","
    "\"required\":[\"at\",\"device\",\"value\"],\"additionalProperties\":false,\"properties\":{"
    "\"event_id\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128},"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"device\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"value\":{\"type\":\"number\",\"x-column\":\"float8\"}}}";

struct fixture {
    struct ingestor_conf conf;
    struct contract *contract;
    struct contract_set set;
    struct service service;
    _Atomic bool topic_ready[2];
    struct kafka_producer producer;
    struct principal principal;
    struct loop *loop;
    struct request *req;
    unsigned suspends, resumes;
};

static struct fixture *now; /* of the test that runs: the fakes below have no argument for it */
static const char *atomic_text;

int query_flag(struct request *req, const char *name, bool *value)
{
    (void)req;
    assert_string_equal(name, "atomic");
    if (atomic_text == NULL) {
        return 0;
    }
    *value = strcmp(atomic_text, "true") == 0;
    return *value || strcmp(atomic_text, "false") == 0 ? 0 : -1;
}

void request_suspend(struct request *req)
{
    req->phase = REQUEST_WAITING;
    now->suspends++;
    assert_int_equal(now->producer.n, 0); /* suspended before anything was sent */
}

void request_resume(struct request *req)
{
    (void)req;
    now->resumes++;
}

static void set_up(struct fixture *f)
{
    now = f;
    atomic_text = NULL;
    f->conf = (struct ingestor_conf){.http_max_body = 4096,
                                     .http_max_event = 256,
                                     .http_max_events = 5,
                                     .http_request_deadline = 1000,
                                     .kafka_queue_bytes = 1000,
                                     .kafka_rejected_rate = 2};
    struct err e = {0};
    f->contract = contract_compile("test", "readings", str_of(SCHEMA), &e);
    assert_non_null(f->contract);
    f->set = (struct contract_set){&f->contract, 1};
    f->topic_ready[0] = true;
    f->service.conf = &f->conf;
    f->service.contracts = &f->set;
    f->service.topic_ready = f->topic_ready;
    f->service.kafka_up = true;
    f->service.n_loops = 1;
    f->service.bodies.limit = 1 << 20;
    f->service.producer = &f->producer;
    f->service.metrics = ingestor_metrics_new(NULL, 0, &f->set);
    f->principal = (struct principal){str_of("k"), str_of("acme"), PERMISSION_EVENTS_WRITE};
    f->loop = loop_new(&f->service, 2, 1);
}

static void tear_down(struct fixture *f)
{
    loop_free(f->loop);
    metrics_free(f->service.metrics);
    contract_free(f->contract);
}

/* A request up to the end of its body. */
static void run(struct fixture *f, const char *type, const char *body)
{
    f->req = request_pool_take(&f->loop->pool);
    f->req->phase = REQUEST_READING;
    f->req->principal = &f->principal;
    f->req->begun_ns = NS_PER_S;
    headers_begin(&f->req->headers);
    headers_add(&f->req->headers, str_of("Content-Type"), str_of(type));
    request_set_id(f->req, str_of("req-1"), 0);
    ingest_admit(f->req);
    if (f->req->answer.status != 0) {
        return;
    }
    assert_int_equal(body_add(&f->req->body, str_of(body), 4096), BODY_OK);
    ingest_handle(f->req);
}

/* The reports of everything that was sent, then the answer. */
static void report_all(struct fixture *f, enum kafka_outcome outcome)
{
    enum delivery_step step = DELIVERY_WAIT;
    for (size_t i = 0; i < f->producer.n; i++) {
        assert_ptr_equal(f->producer.sent[i].opaque, f->req);
        step = delivery_report(&f->req->delivery, outcome);
    }
    assert_int_equal(step, DELIVERY_RESUME);
    ingest_resume(f->req);
}

static const char *answer_text(struct fixture *f)
{
    assert_int_equal(buf_add(&f->req->answer.out, "", 1), 0);
    return f->req->answer.out.p;
}

static void assert_answer(struct fixture *f, unsigned status, const char *part)
{
    assert_int_equal(f->req->answer.status, status);
    if (strstr(answer_text(f), part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, answer_text(f));
    }
}

static void test_ingest_single_event_is_sent_and_named(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    run(&f, "application/json; charset=utf-8", " \n" GOOD "\r\n");
    assert_int_equal(f.suspends, 1);
    assert_int_equal(f.resumes, 0);
    assert_int_equal(f.producer.n, 1);
    assert_int_equal(f.producer.open, 0);
    const struct fake_sent *s = &f.producer.sent[0];
    assert_string_equal(s->value, GOOD);
    assert_string_equal(s->key, "acme\x1fpump-1");
    report_all(&f, KAFKA_PERSISTED);
    assert_answer(&f, 202,
                  "{\"accepted\":1,\"rejected\":0,\"event_id\":\"" ID_A
                  "\",\"errors\":[],\"request_id\":\"req-1\"}\n");
    assert_int_equal(metrics_value(f.service.metrics, METRIC_ACCEPTED, 0), 1);
    tear_down(&f);
}

static void test_ingest_array_sends_valid_ones_in_order_and_lists_the_rest(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    run(&f, "application/json", "[" EVENT("a", "d1") "," BAD "," EVENT("b", "d2") "]");
    assert_int_equal(f.producer.n, 2);
    assert_string_equal(f.producer.sent[0].key, "acme\x1f"
                                                "d1");
    assert_string_equal(f.producer.sent[1].value, EVENT("b", "d2"));
    report_all(&f, KAFKA_PERSISTED);
    assert_answer(&f, 202,
                  "{\"accepted\":2,\"rejected\":1,\"errors\":[{\"index\":1,\"pointer\":\"/value\","
                  "\"code\":\"type\"");
    tear_down(&f);
}

static void test_ingest_lines_report_index_and_line(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    run(&f, "application/x-ndjson", GOOD "\n\n{oops\n");
    report_all(&f, KAFKA_PERSISTED);
    assert_answer(&f, 202,
                  "\"errors\":[{\"index\":1,\"line\":3,\"pointer\":\"\",\"code\":\"json\"");
    tear_down(&f);
}

static void test_ingest_refused_body_sends_nothing(void **state)
{
    (void)state;
    static const char LONG[] =
        "{\"event_id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}";
    static const struct {
        const char *type, *atomic, *body;
        unsigned status;
        const char *part;
    } cases[] = {
        {"application/json", NULL, "", 422, "/no-events"},
        {"application/json", NULL, " \n", 422, "/no-events"},
        {"application/json", NULL, "[ ]", 422, "/no-events"},
        {"application/x-ndjson", NULL, "\n\n", 422, "/no-events"},
        {"application/json", NULL, "{\"a\":", 400, "/malformed-json"},
        {"application/json", NULL, "17", 400, "/malformed-json"},
        {"application/json", NULL, "[" GOOD, 400, "/malformed-json"},
        {"application/json", NULL, "[" GOOD "]]", 400, "/malformed-json"},
        {"application/json", NULL, BAD, 422, "\"errors\":[{\"index\":0"},
        {"application/json", NULL, "[" BAD "," BAD "]", 422, "2 of 2 events"},
        {"application/json", NULL, LONG, 413, "/event-too-large"},
        {"application/json", NULL, "[" GOOD "," GOOD "," GOOD "," GOOD "," GOOD "," GOOD "]", 413,
         "/too-many-events"},
        {"application/json", "true", "[" GOOD "," BAD "]", 422, "1 of 2 events"},
        {"application/json", "maybe", GOOD, 400, "/malformed-query"},
        {"text/plain", NULL, GOOD, 415, "/unsupported-type"},
        {"", NULL, GOOD, 415, "/unsupported-type"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        set_up(&f);
        atomic_text = cases[i].atomic;
        run(&f, cases[i].type, cases[i].body);
        assert_answer(&f, cases[i].status, cases[i].part);
        assert_int_equal(f.producer.n, 0);
        assert_int_equal(f.suspends, 0);
        tear_down(&f);
    }
}

static void test_ingest_long_event_of_an_array_is_one_verdict(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    f.conf.http_max_event = 20;
    run(&f, "application/json", "[" GOOD "]");
    assert_answer(&f, 422, "\"code\":\"size\"");
    tear_down(&f);
}

static void test_ingest_rejected_event_is_kept_with_its_reason(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    f.topic_ready[1] = true;
    run(&f, "application/json", "[" BAD "," GOOD ",17]");
    assert_int_equal(f.producer.n, 1);
    assert_int_equal(f.producer.n_notes, 2);
    assert_int_equal(f.producer.notes[0].topic, 1);
    assert_string_equal(f.producer.notes[0].value, BAD);
    assert_non_null(strstr(f.producer.notes[0].note,
                           "{\"contract\":\"readings\",\"tenant\":\"acme\",\"key_id\":\"k\","
                           "\"request_id\":\"req-1\",\"errors\":[{\"index\":0,"));
    assert_string_equal(f.producer.notes[1].value, "17");
    assert_non_null(strstr(f.producer.notes[1].note, "\"errors\":[{\"index\":2,"));
    tear_down(&f);
}

static void test_ingest_rejected_event_is_counted_when_it_cannot_be_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fixture f = {0};
        set_up(&f);
        f.topic_ready[1] = i != 0;
        f.conf.http_max_event = i == 1 ? 20 : 256;
        run(&f, "application/json", "[" BAD "," BAD "," BAD "," BAD "]");
        size_t kept = i == 2 ? 3 : 0; /* a share of the rate and one */
        assert_int_equal(f.producer.n_notes, kept);
        assert_int_equal(metrics_value(f.service.metrics, METRIC_REJECTED_KEPT, REJECTED_DROPPED),
                         4 - kept);
        tear_down(&f);
    }
}

static void test_ingest_atomic_keeps_no_rejected_event(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    f.topic_ready[1] = true;
    atomic_text = "true";
    run(&f, "application/json", "[" GOOD "," BAD "]");
    assert_int_equal(f.req->answer.status, 422);
    assert_int_equal(f.producer.n_notes, 0);
    tear_down(&f);
}

static void test_reject_budget_take_is_per_second(void **state)
{
    (void)state;
    struct reject_budget b = {0};
    assert_true(reject_budget_take(&b, 5, 2));
    assert_true(reject_budget_take(&b, 6, 2));
    assert_false(reject_budget_take(&b, NS_PER_S + 4, 2));
    assert_true(reject_budget_take(&b, NS_PER_S + 5, 2));
    assert_false(reject_budget_take(&b, NS_PER_S + 6, 0));
}

static void test_ingest_atomic_with_valid_events_is_accepted(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    atomic_text = "true";
    run(&f, "application/json", "[" GOOD "," GOOD "]");
    report_all(&f, KAFKA_PERSISTED);
    assert_answer(&f, 202, "\"accepted\":2");
    tear_down(&f);
}

static void test_ingest_no_room_is_503_not_taken(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct fixture f = {0};
        set_up(&f);
        f.topic_ready[0] = i != 0;
        f.service.kafka_up = i != 1;
        f.loop->inflight = i == 2 ? 2 : 0;
        f.producer.queued_bytes = i == 3 ? 801 : 800;
        run(&f, "application/json", GOOD);
        assert_answer(&f, 503, "\"outcome\":\"not_taken\"");
        assert_true(f.req->answer.retry_after > 0);
        assert_int_equal(f.producer.n, 0);
        tear_down(&f);
    }
}

static void test_ingest_unknown_contract_is_404(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    f.req = request_pool_take(&f.loop->pool);
    f.req->param = str_of("nope");
    ingest_admit(f.req);
    assert_answer(&f, 404, "/unknown-contract");
    tear_down(&f);
}

static void test_ingest_reports_decide_the_answer(void **state)
{
    (void)state;
    static const struct {
        enum kafka_outcome outcome;
        unsigned status;
        const char *part;
    } cases[] = {
        {KAFKA_PERSISTED, 202, "\"accepted\":2"},
        {KAFKA_NOT_PERSISTED, 503, "\"outcome\":\"not_taken\""},
        {KAFKA_MAYBE_PERSISTED, 503, "\"outcome\":\"unknown\""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        set_up(&f);
        run(&f, "application/json", "[" GOOD "," GOOD "]");
        report_all(&f, cases[i].outcome);
        assert_answer(&f, cases[i].status, cases[i].part);
        tear_down(&f);
    }
}

static void test_ingest_refused_send_resumes_at_once_and_says_so(void **state)
{
    (void)state;
    static const struct {
        bool unusable;
        enum kafka_send_rc refusal;
        unsigned status;
        const char *part;
    } cases[] = {
        {true, KAFKA_SEND_OK, 503, "/kafka-unavailable"},
        {false, KAFKA_SEND_FULL, 503, "/overloaded"},
        {false, KAFKA_SEND_TOO_LARGE, 413, "/event-too-large"},
        {false, KAFKA_SEND_NO_TOPIC, 503, "/kafka-unavailable"},
        {false, KAFKA_SEND_FAILED, 503, "/kafka-unavailable"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        set_up(&f);
        f.producer.unusable = cases[i].unusable;
        f.producer.refusal = cases[i].refusal;
        run(&f, "application/json", GOOD);
        assert_int_equal(f.suspends, 1);
        assert_int_equal(f.resumes, 1);
        ingest_resume(f.req);
        assert_answer(&f, cases[i].status, cases[i].part);
        tear_down(&f);
    }
}

static void test_ingest_refused_in_the_middle_is_unknown_and_stops_there(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    f.producer.refusal = KAFKA_SEND_FULL;
    f.producer.refuse_from = 1;
    run(&f, "application/json", "[" GOOD "," GOOD "," GOOD "]");
    assert_int_equal(f.producer.n, 1);
    assert_int_equal(f.resumes, 0);
    report_all(&f, KAFKA_PERSISTED);
    assert_answer(&f, 503, "\"outcome\":\"unknown\"");
    tear_down(&f);
}

static void test_ingest_deadline_is_unknown_and_memory_waits_for_the_report(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    run(&f, "application/json", GOOD);
    assert_int_equal(delivery_expire(&f.req->delivery, INT64_MAX), DELIVERY_RESUME);
    ingest_resume(f.req);
    assert_answer(&f, 503, "\"outcome\":\"unknown\"");
    assert_int_equal(delivery_finish(&f.req->delivery), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&f.req->delivery, KAFKA_PERSISTED), DELIVERY_RECYCLE);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingest_single_event_is_sent_and_named),
        cmocka_unit_test(test_ingest_array_sends_valid_ones_in_order_and_lists_the_rest),
        cmocka_unit_test(test_ingest_lines_report_index_and_line),
        cmocka_unit_test(test_ingest_refused_body_sends_nothing),
        cmocka_unit_test(test_ingest_long_event_of_an_array_is_one_verdict),
        cmocka_unit_test(test_ingest_rejected_event_is_kept_with_its_reason),
        cmocka_unit_test(test_ingest_rejected_event_is_counted_when_it_cannot_be_kept),
        cmocka_unit_test(test_ingest_atomic_keeps_no_rejected_event),
        cmocka_unit_test(test_reject_budget_take_is_per_second),
        cmocka_unit_test(test_ingest_atomic_with_valid_events_is_accepted),
        cmocka_unit_test(test_ingest_no_room_is_503_not_taken),
        cmocka_unit_test(test_ingest_unknown_contract_is_404),
        cmocka_unit_test(test_ingest_reports_decide_the_answer),
        cmocka_unit_test(test_ingest_refused_send_resumes_at_once_and_says_so),
        cmocka_unit_test(test_ingest_refused_in_the_middle_is_unknown_and_stops_there),
        cmocka_unit_test(test_ingest_deadline_is_unknown_and_memory_waits_for_the_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Which events a credential may send, with a fake producer for those that are kept aside.
 */
#include "ingestor/ingest/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "ingestor/http/loop.h"
#include "ingestor/metrics.h"
#include "tests/fakes/fake_kafka_producer.h"

#define EVENT(device) "{\"at\":\"2026-11-21T04:09:00Z\",\"device\":\"" device "\"}"
#define BAD "{\"at\":17,\"device\":\"d1\"}"

static const char SCHEMA[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"x-version\":1,"
    "\"x-device\":\"/device\",\"x-time\":\"/at\",\"type\":\"object\","
    "\"required\":[\"at\",\"device\"],\"additionalProperties\":false,\"properties\":{"
    "\"at\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"device\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}}}";

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
};

static void set_up(struct fixture *f, const char *devices)
{
    struct err e = {0};
    f->conf = (struct ingestor_conf){.http_max_body = 4096,
                                     .http_max_event = 256,
                                     .http_max_events = 5,
                                     .kafka_queue_bytes = 1000,
                                     .kafka_rejected_rate = 100};
    f->contract = contract_compile("test", "readings", str_of(SCHEMA), &e);
    assert_non_null(f->contract);
    f->set = (struct contract_set){&f->contract, 1};
    f->topic_ready[0] = true;
    f->topic_ready[1] = true;
    f->service.conf = &f->conf;
    f->service.contracts = &f->set;
    f->service.topic_ready = f->topic_ready;
    f->service.kafka_up = true;
    f->service.n_loops = 1;
    f->service.bodies.limit = 1 << 20;
    f->service.producer = &f->producer;
    f->service.metrics = ingestor_metrics_new(NULL, 0, &f->set);
    f->principal =
        (struct principal){str_of("k"), str_of("acme"), PERMISSION_EVENTS_WRITE, str_of(devices)};
    f->loop = loop_new(&f->service, 2, 1);
    f->req = request_pool_take(&f->loop->pool);
    f->req->begun_ns = NS_PER_S;
    f->req->principal = &f->principal;
}

static void tear_down(struct fixture *f)
{
    loop_free(f->loop);
    metrics_free(f->service.metrics);
    contract_free(f->contract);
}

static void test_intake_takes_events_of_the_credentials_devices(void **state)
{
    (void)state;
    static const struct {
        const char *devices, *body; /* devices NULL: all */
        bool atomic;
        unsigned status; /* 0: to Kafka */
        const char *part;
        uint32_t accepted, outside, kept;
    } cases[] = {
        {NULL, EVENT("d1"), false, 0, NULL, 1, 0, 0},
        {"d*", EVENT("d1"), false, 0, NULL, 1, 0, 0},
        {"d2 d1", EVENT("d1"), false, 0, NULL, 1, 0, 0},
        {"d1", "[" EVENT("d1") "," EVENT("d2") "]", false, 0, NULL, 1, 1, 0},
        {"d1", "[" EVENT("d2") "," EVENT("d1") "," BAD "]", false, 0, NULL, 1, 1, 1},
        {"", EVENT("d1"), false, 403, "/device-scope", 0, 1, 0},
        {"d2", EVENT("d1"), false, 403,
         "\"errors\":[{\"index\":0,\"pointer\":\"/device\",\"code\":\"device-scope\"", 0, 1, 0},
        {"x", "[" EVENT("d1") "," EVENT("d2") "]", false, 403,
         "{\"index\":1,\"pointer\":\"/device\",\"code\":\"device-scope\"", 0, 2, 0},
        {"x", "[" EVENT("d1") "]", true, 403, "/device-scope", 0, 1, 0},
        {"d1", "[" EVENT("d1") "," EVENT("d2") "]", true, 422, "1 of 2 events", 1, 1, 0},
        {"x", "[" EVENT("d1") "," BAD "]", false, 422, "2 of 2 events", 0, 1, 1},
        {"x", BAD, false, 422, "\"code\":\"type\"", 0, 0, 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        set_up(&f, cases[i].devices);
        f.req->intake.atomic = cases[i].atomic;
        assert_int_equal(body_add(&f.req->body, str_of(cases[i].body), 4096), BODY_OK);
        intake_read(f.req);
        assert_int_equal(f.req->answer.status, cases[i].status);
        assert_int_equal(f.req->intake.accepted, cases[i].accepted);
        assert_int_equal(f.req->intake.out_of_scope, cases[i].outside);
        assert_int_equal(f.producer.n_notes, cases[i].kept);
        if (cases[i].part != NULL) {
            assert_int_equal(buf_add(&f.req->answer.out, "", 1), 0);
            assert_non_null(strstr(f.req->answer.out.p, cases[i].part));
        }
        struct metrics *m = f.service.metrics;
        assert_int_equal(metrics_value(m, METRIC_AUTH_FAILURES, AUTH_FAILURE_FORBIDDEN),
                         cases[i].status == 403);
        assert_int_equal(
            metrics_value(m, METRIC_REJECTED, metrics_rejected_series(0, "device-scope")),
            cases[i].outside);
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intake_takes_events_of_the_credentials_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

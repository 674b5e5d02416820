/*
 * Against the library's own mock cluster in this process: loopback only, no broker needed.
 */
#include "common/io/kafka_producer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"

#define API_PRODUCE 0 /* Kafka protocol guide, "Api Keys" */
#define PATIENCE_NS (20 * NS_PER_S)

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_producer *p;
    unsigned outcomes[3];
};

static void on_report(void *arg, void *opaque, enum kafka_outcome outcome)
{
    struct fixture *f = arg;
    assert_ptr_equal(opaque, f);
    f->outcomes[outcome]++;
}

static void start(struct fixture *f, int64_t message_timeout_ms, int64_t queue_bytes)
{
    log_set_level(LOG_ERROR);
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    f->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(f->rk);
    f->cluster = rd_kafka_mock_cluster_new(f->rk, 1);
    assert_int_equal(rd_kafka_mock_topic_create(f->cluster, "events", 2, 1), 0);
    const char *const topics[] = {"events"};
    const struct kafka_producer_conf c = {.brokers = rd_kafka_mock_cluster_bootstraps(f->cluster),
                                          .client_id = "test",
                                          .compression = "none",
                                          .settings = "",
                                          .linger_ms = 0.2,
                                          .message_timeout_ms = message_timeout_ms,
                                          .queue_bytes = queue_bytes,
                                          .topics = topics,
                                          .n_topics = 1};
    struct err e = {0};
    f->p = kafka_producer_new(&c, &e);
    assert_non_null(f->p);
}

static void stop(struct fixture *f)
{
    kafka_producer_free(f->p);
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->rk);
}

static enum kafka_send_rc send_one(struct fixture *f)
{
    struct kafka_batch b;
    if (!kafka_producer_begin(f->p, &b)) {
        return KAFKA_SEND_FAILED;
    }
    enum kafka_send_rc rc = kafka_producer_send(&b, 0, str_of("key"), str_of("{}"), f);
    kafka_producer_end(&b);
    return rc;
}

static unsigned reports(const struct fixture *f)
{
    return f->outcomes[0] + f->outcomes[1] + f->outcomes[2];
}

static void poll_until(struct fixture *f, unsigned n)
{
    int64_t give_up_ns = clock_mono_ns() + PATIENCE_NS;
    while (reports(f) < n && clock_mono_ns() < give_up_ns) {
        kafka_producer_poll(f->p, 50, on_report, f);
    }
    assert_int_equal(reports(f), n);
}

static void test_kafka_producer_send_is_reported_once_as_persisted(void **state)
{
    (void)state;
    struct fixture f = {0};
    start(&f, 10000, 1 << 20);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(send_one(&f), KAFKA_SEND_OK);
    }
    poll_until(&f, 100);
    assert_int_equal(f.outcomes[KAFKA_PERSISTED], 100);
    struct kafka_producer_stats s;
    kafka_producer_stats(f.p, &s);
    assert_int_equal(s.queued_bytes, 0);
    assert_int_equal(s.queued_messages, 0);
    assert_true(s.usable && s.last_persisted_ns > 0 && s.persisted == 100);
    stop(&f);
}

static void take_null(void *arg, void *opaque, enum kafka_outcome outcome)
{
    struct fixture *f = arg;
    assert_null(opaque);
    f->outcomes[outcome]++;
}

static void test_kafka_producer_send_noted_reports_without_opaque(void **state)
{
    (void)state;
    struct fixture f = {0};
    start(&f, 10000, 1 << 20);
    struct kafka_batch b;
    assert_true(kafka_producer_begin(f.p, &b));
    assert_int_equal(
        kafka_producer_send_noted(&b, 0, str_of("k"), str_of("v"), "reason", str_of("{}")),
        KAFKA_SEND_OK);
    kafka_producer_end(&b);
    int64_t give_up_ns = clock_mono_ns() + PATIENCE_NS;
    while (reports(&f) < 1 && clock_mono_ns() < give_up_ns) {
        kafka_producer_poll(f.p, 50, take_null, &f);
    }
    assert_int_equal(f.outcomes[KAFKA_PERSISTED], 1);
    assert_int_equal(kafka_producer_queued_bytes(f.p), 0);
    stop(&f);
}

static void test_kafka_producer_probe_tells_partitions(void **state)
{
    (void)state;
    struct fixture f = {0};
    start(&f, 10000, 1 << 20);
    int partitions = 0;
    struct err e = {0};
    assert_int_equal(kafka_producer_probe(f.p, 0, 5000, &partitions, &e), 0);
    assert_int_equal(partitions, 2);
    stop(&f);
}

static void test_kafka_producer_send_full_queue_refuses_then_purge_reports(void **state)
{
    (void)state;
    struct fixture f = {0};
    start(&f, 10000, 4096);
    assert_int_equal(rd_kafka_mock_broker_set_down(f.cluster, 1), 0);
    unsigned taken = 0;
    enum kafka_send_rc rc = KAFKA_SEND_OK;
    while (taken < 10000 && rc == KAFKA_SEND_OK) {
        rc = send_one(&f);
        taken += rc == KAFKA_SEND_OK;
    }
    assert_int_equal(rc, KAFKA_SEND_FULL);
    kafka_producer_purge(f.p);
    poll_until(&f, taken);
    assert_int_equal(f.outcomes[KAFKA_NOT_PERSISTED], taken);
    stop(&f);
}

static void test_kafka_producer_fatal_error_is_healed(void **state)
{
    (void)state;
    struct fixture f = {0};
    start(&f, 10000, 1 << 20);
    assert_int_equal(send_one(&f), KAFKA_SEND_OK);
    poll_until(&f, 1);
    rd_kafka_mock_push_request_errors(f.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_int_equal(send_one(&f), KAFKA_SEND_OK);
    poll_until(&f, 2);
    assert_int_equal(f.outcomes[KAFKA_PERSISTED], 1);
    struct kafka_producer_stats s = {0};
    int64_t give_up_ns = clock_mono_ns() + PATIENCE_NS;
    while (s.rebuilds == 0 && clock_mono_ns() < give_up_ns) {
        kafka_producer_poll(f.p, 50, on_report, &f);
        kafka_producer_stats(f.p, &s);
    }
    assert_int_equal(s.rebuilds, 1);
    assert_int_equal(send_one(&f), KAFKA_SEND_OK);
    poll_until(&f, 3);
    assert_int_equal(f.outcomes[KAFKA_PERSISTED], 2);
    stop(&f);
}

static void test_kafka_producer_new_bad_setting_is_refused(void **state)
{
    (void)state;
    const char *const topics[] = {"events"};
    struct kafka_producer_conf c = {.brokers = "127.0.0.1:1",
                                    .client_id = "test",
                                    .compression = "none",
                                    .settings = "no.such.setting=1",
                                    .message_timeout_ms = 1000,
                                    .queue_bytes = 1 << 20,
                                    .topics = topics,
                                    .n_topics = 1};
    struct err e = {0};
    assert_null(kafka_producer_new(&c, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.text, "no.such.setting"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kafka_producer_send_is_reported_once_as_persisted),
        cmocka_unit_test(test_kafka_producer_send_noted_reports_without_opaque),
        cmocka_unit_test(test_kafka_producer_probe_tells_partitions),
        cmocka_unit_test(test_kafka_producer_send_full_queue_refuses_then_purge_reports),
        cmocka_unit_test(test_kafka_producer_fatal_error_is_healed),
        cmocka_unit_test(test_kafka_producer_new_bad_setting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

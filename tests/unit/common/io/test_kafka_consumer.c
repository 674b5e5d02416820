/*
 * Against the library's own mock cluster in this process: loopback only, no broker needed. The mock
 * takes three seconds for a first join, so that one join serves all tests of a started consumer.
 */
#include "common/io/kafka_consumer.h"

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

#define RECORDS 300 /* a partition */
#define FIRST 100   /* offset to begin at in partition 0 */
#define PATIENCE_NS (30 * NS_PER_S)

struct fixture {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_consumer *c;
    size_t assignments;
};

static const char *const topics[] = {"other", "events"};

/* Partition 0 from the middle, 1 beyond its end, 2 not at all. */
static int on_assigned(void *arg, struct kafka_position *positions, size_t n)
{
    struct fixture *f = arg;
    f->assignments++;
    for (size_t i = 0; i < n; i++) {
        positions[i].offset = KAFKA_OFFSET_SKIP;
        if (positions[i].topic == 1 && positions[i].partition < 2) {
            positions[i].offset = positions[i].partition == 0 ? FIRST : 10 * RECORDS;
        }
    }
    return 0;
}

static void on_revoked(void *arg)
{
    (void)arg;
}

static void produce(struct fixture *f)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers",
                                       rd_kafka_mock_cluster_bootstraps(f->cluster), text,
                                       sizeof text),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(producer);
    for (int32_t p = 0; p < 3; p++) {
        for (int i = 0; i < RECORDS; i++) {
            char value[32];
            int n = snprintf(value, sizeof value, "%d:%d", (int)p, i);
            rd_kafka_resp_err_t code = rd_kafka_producev(
                producer, RD_KAFKA_V_TOPIC("events"), RD_KAFKA_V_PARTITION(p),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY("k", i % 2 == 0 ? 1 : 0),
                RD_KAFKA_V_VALUE(value, (size_t)n),
                RD_KAFKA_V_TIMESTAMP(INT64_C(1795233600000) + i), RD_KAFKA_V_END);
            assert_int_equal(code, RD_KAFKA_RESP_ERR_NO_ERROR);
        }
    }
    assert_int_equal(rd_kafka_flush(producer, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
}

static struct kafka_consumer *make(struct fixture *f, const char *settings, struct err *e)
{
    const struct kafka_consumer_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(f->cluster),
        .client_id = "test",
        .group_id = "group",
        .settings = settings,
        .session_timeout_ms = 6000,
        .max_poll_interval_ms = 60000,
        .queue_bytes = 1 << 20,
        .topics = topics,
        .n_topics = 2,
        .callbacks = {.assigned = on_assigned, .revoked = on_revoked, .arg = f},
    };
    return kafka_consumer_new(&options, e);
}

static int setup(void **state)
{
    static struct fixture f;
    log_set_level(LOG_ERROR);
    char text[256];
    f = (struct fixture){.assignments = 0};
    f.rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    assert_non_null(f.rk);
    f.cluster = rd_kafka_mock_cluster_new(f.rk, 1);
    assert_int_equal(rd_kafka_mock_topic_create(f.cluster, "events", 3, 1), 0);
    assert_int_equal(rd_kafka_mock_topic_create(f.cluster, "other", 1, 1), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    rd_kafka_mock_cluster_destroy(f->cluster);
    rd_kafka_destroy(f->rk);
    return 0;
}

/* The message at the expected place with the content that produce gave it. */
static void check_message(const struct kafka_message *m, int64_t expected)
{
    char want[32];
    assert_int_equal(m->topic, 1);
    assert_int_equal(m->partition, 0);
    assert_int_equal(m->offset, expected);
    (void)snprintf(want, sizeof want, "0:%d", (int)expected);
    assert_true(str_eq(m->value, str_of(want)));
    assert_int_equal(m->key.n, expected % 2 == 0 ? 1 : 0);
    assert_int_equal(m->timestamp_us, (INT64_C(1795233600000) + expected) * 1000);
}

static void test_kafka_consumer_begins_where_its_owner_says(void **state)
{
    struct fixture *f = *state;
    struct err e;
    produce(f);
    f->c = make(f, NULL, &e);
    assert_non_null(f->c);
    assert_int_equal(kafka_consumer_subscribe(f->c, &e), 0);
    int64_t expected = FIRST;
    size_t lost = 0;
    int64_t end_ns = clock_mono_ns() + PATIENCE_NS;
    while ((expected < RECORDS || lost == 0) && clock_mono_ns() < end_ns) {
        struct kafka_message m;
        switch (kafka_consumer_poll(f->c, 100, &m, &e)) {
        case KAFKA_POLL_MESSAGE:
            check_message(&m, expected);
            expected++;
            break;
        case KAFKA_POLL_LOST: /* said once, never skipped */
            assert_int_equal(m.topic, 1);
            assert_int_equal(m.partition, 1);
            lost++;
            break;
        case KAFKA_POLL_NONE:
        case KAFKA_POLL_ERROR:
            break;
        case KAFKA_POLL_FATAL:
            fail_msg("%s", e.text);
        }
    }
    assert_int_equal(expected, RECORDS);
    assert_int_equal(lost, 1);
    assert_int_equal(f->assignments, 1);
    assert_int_equal(kafka_consumer_high(f->c, 1, 0), RECORDS);

    int64_t low;
    int64_t high;
    assert_int_equal(kafka_consumer_watermarks(f->c, 1, 2, 5000, &low, &high, &e), 0);
    assert_int_equal(low, 0);
    assert_int_equal(high, RECORDS);
    int32_t partitions = 0;
    assert_int_equal(kafka_consumer_partitions(f->c, 1, 5000, &partitions, &e), 0);
    assert_int_equal(partitions, 3);
    char id[64];
    assert_int_equal(kafka_consumer_cluster_id(f->c, 5000, id, sizeof id, &e), 0);
    assert_true(kafka_consumer_reachable(f->c, 100));
    const struct kafka_position hint = {1, 0, RECORDS};
    kafka_consumer_commit_hint(f->c, &hint, 1);
    assert_true(kafka_consumer_close(f->c, 20000));
    kafka_consumer_free(f->c);
}

static void test_kafka_consumer_new_refuses_what_librdkafka_does_not_know(void **state)
{
    struct fixture *f = *state;
    struct err e;
    assert_null(make(f, "no.such.setting=1", &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_null(make(f, "sasl.password", &e));
    /* What correctness rests on cannot be changed. */
    struct kafka_consumer *c = make(f, "enable.auto.commit=true,fetch.wait.max.ms=20", &e);
    assert_non_null(c);
    kafka_consumer_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kafka_consumer_begins_where_its_owner_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_kafka_consumer_new_refuses_what_librdkafka_does_not_know, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

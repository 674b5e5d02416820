#include "ingestor/kafka_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "ingestor/metrics.h"
#include "tests/fakes/fake_kafka_producer.h"

static const char SCHEMA[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"x-version\":1,"
    "\"x-device\":\"/d\",\"x-time\":\"/t\",\"type\":\"object\",\"required\":[\"d\",\"t\"],"
    "\"properties\":{\"d\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"t\":{\"type\":\"string\",\"format\":\"date-time\"}}}";

struct fixture {
    struct ingestor_conf conf;
    char brokers[8];
    char topic[8];
    char *topics[2];
    struct contract *contract;
    struct contract_set set;
    _Atomic bool topic_ready[2];
    struct kafka_producer producer;
    struct service service;
    struct kafka_watch watch;
};

static void set_up(struct fixture *f)
{
    log_set_level(LOG_ERROR + 1);
    struct err e = {0};
    f->contract = contract_compile("test", "readings", str_of(SCHEMA), &e);
    assert_non_null(f->contract);
    f->set = (struct contract_set){&f->contract, 1};
    memcpy(f->brokers, "b:1", 4);
    memcpy(f->topic, "t", 2);
    f->conf.kafka_brokers = f->brokers;
    f->topics[0] = f->topics[1] = f->topic;
    f->service.conf = &f->conf;
    f->service.contracts = &f->set;
    f->service.topics = f->topics;
    f->service.topic_ready = f->topic_ready;
    f->service.producer = &f->producer;
    f->service.metrics = ingestor_metrics_new(NULL, 0, &f->set);
    kafka_watch_init(&f->watch, &f->service, 1000);
}

static void tear_down(struct fixture *f)
{
    kafka_watch_release(&f->watch);
    metrics_free(f->service.metrics);
    contract_free(f->contract);
}

static void test_kafka_watch_step_found_topic_is_ready(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    kafka_watch_step(&f.watch, 1);
    assert_true(f.service.kafka_up && f.topic_ready[0]);
    tear_down(&f);
}

static void test_kafka_watch_step_missing_topic_means_up_but_not_ready(void **state)
{
    (void)state;
    static const enum err_code codes[] = {ERR_NOT_FOUND, ERR_DENIED};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        struct fixture f = {0};
        set_up(&f);
        f.producer.probe = codes[i];
        kafka_watch_step(&f.watch, 1);
        assert_true(f.service.kafka_up);
        assert_false(f.topic_ready[0]);
        f.producer.probe = ERR_NONE;
        kafka_watch_step(&f.watch, 2);
        assert_true(f.topic_ready[0]);
        tear_down(&f);
    }
}

static void test_kafka_watch_step_second_silence_means_down_and_an_answer_up(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    kafka_watch_step(&f.watch, 1);
    f.producer.probe = ERR_TIMEOUT;
    kafka_watch_step(&f.watch, 2);
    assert_true(f.service.kafka_up);
    kafka_watch_step(&f.watch, 3);
    assert_false(f.service.kafka_up);
    assert_true(f.topic_ready[0]); /* nothing says that it is gone */
    f.producer.probe = ERR_NONE;
    kafka_watch_step(&f.watch, 4);
    assert_true(f.service.kafka_up);
    tear_down(&f);
}

static void test_kafka_watch_step_fresh_report_saves_the_question(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f);
    kafka_watch_step(&f.watch, NS_PER_S);
    unsigned asked = f.producer.probes;
    f.producer.stats.last_persisted_ns = 10 * NS_PER_S;
    kafka_watch_step(&f.watch, 11 * NS_PER_S);
    assert_int_equal(f.producer.probes, asked);
    kafka_watch_step(&f.watch, 14 * NS_PER_S); /* too old by now */
    assert_int_equal(f.producer.probes, asked + 1);
    f.producer.stats.last_persisted_ns = 15 * NS_PER_S;
    f.producer.stats.errors = 1; /* since the report something broke */
    kafka_watch_step(&f.watch, 15 * NS_PER_S);
    assert_int_equal(f.producer.probes, asked + 2);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kafka_watch_step_found_topic_is_ready),
        cmocka_unit_test(test_kafka_watch_step_missing_topic_means_up_but_not_ready),
        cmocka_unit_test(test_kafka_watch_step_second_silence_means_down_and_an_answer_up),
        cmocka_unit_test(test_kafka_watch_step_fresh_report_saves_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

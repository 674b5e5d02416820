#include "ingestor/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static int load(const char *yaml, struct ingestor_conf *conf, struct conf_list *lists,
                struct err *e)
{
    return conf_load_text(&ingestor_conf_spec, "test.yaml", str_of(yaml), conf, lists, e);
}

static void test_ingestor_conf_defaults_pass_the_check(void **state)
{
    (void)state;
    struct ingestor_conf conf = {0};
    struct conf_list lists[INGESTOR_LISTS] = {{0}};
    struct err e = {0};
    assert_int_equal(load("{}", &conf, lists, &e), 0);
    assert_int_equal(ingestor_conf_check(&conf, &e), 0);
    assert_string_equal(conf.http_default_contract, "vehicle-telemetry");
    assert_int_equal(conf.http_connection_memory, 8192);
    conf_release(&ingestor_conf_spec, &conf, lists);
}

static void test_ingestor_conf_check_refuses_what_does_not_fit_together(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *reason;
    } cases[] = {
        {"http: {request_deadline: 10s}", "http.request_deadline"},
        {"http: {max_event: 512KiB, max_body: 256KiB}", "http.max_event"},
        {"http: {max_body: 128MiB}", "http.max_body"},
        {"http: {max_body: 2MiB}\nkafka: {queue_bytes: 1MiB}", "kafka.queue_bytes"},
        {"auth: {jwks: keys.json}", "auth.issuer"},
        {"auth: {jwks: keys.json, audience: a}", "auth.issuer"},
        {"auth: {jwks: keys.json, issuer: i}", "auth.audience"},
        {"auth: {devices_required: true, devices_claim: \"\"}", "auth.devices_claim"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ingestor_conf conf = {0};
        struct conf_list lists[INGESTOR_LISTS] = {{0}};
        struct err e = {0};
        assert_int_equal(load(cases[i].yaml, &conf, lists, &e), 0);
        assert_int_equal(ingestor_conf_check(&conf, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, cases[i].reason));
        conf_release(&ingestor_conf_spec, &conf, lists);
    }
}

static void test_ingestor_conf_check_takes_tokens_of_one_issuer_for_one_audience(void **state)
{
    (void)state;
    struct ingestor_conf conf = {0};
    struct conf_list lists[INGESTOR_LISTS] = {{0}};
    struct err e = {0};
    assert_int_equal(load("auth: {jwks: keys.json, issuer: i, audience: a, devices_required: true}",
                          &conf, lists, &e),
                     0);
    assert_int_equal(ingestor_conf_check(&conf, &e), 0);
    conf_release(&ingestor_conf_spec, &conf, lists);
}

static void test_ingestor_conf_list_of_keys_has_its_fields(void **state)
{
    (void)state;
    struct ingestor_conf conf = {0};
    struct conf_list lists[INGESTOR_LISTS] = {{0}};
    struct err e = {0};
    assert_int_equal(load("api_keys:\n  - id: a\n    tenant: t\n    permissions: events:write\n",
                          &conf, lists, &e),
                     0);
    assert_int_equal(lists[INGESTOR_LIST_API_KEYS].n, 1);
    char *const *values = lists[INGESTOR_LIST_API_KEYS].records[0].values;
    assert_string_equal(values[API_KEY_ID], "a");
    assert_string_equal(values[API_KEY_TENANT], "t");
    assert_string_equal(values[API_KEY_PERMISSIONS], "events:write");
    assert_null(values[API_KEY_SHA256]);
    assert_null(values[API_KEY_DEVICES]);
    conf_release(&ingestor_conf_spec, &conf, lists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingestor_conf_defaults_pass_the_check),
        cmocka_unit_test(test_ingestor_conf_check_refuses_what_does_not_fit_together),
        cmocka_unit_test(test_ingestor_conf_check_takes_tokens_of_one_issuer_for_one_audience),
        cmocka_unit_test(test_ingestor_conf_list_of_keys_has_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "common/contract/event.h"

#include "tests/unit/common/contract/fixture.h"

static const struct {
    const char *rest;
    const char *extra;
} extras[] = {
    {"", "{}"},
    {",\"p\":{}", "{}"},
    {",\"p\":null", "{\"p\":null}"},
    {",\"p\":{\"soc\":1}", "{}"},
    {",\"p\":{\"soc\":1,\"q\":{\"x\":null}}", "{\"p\":{\"q\":{\"x\":null}}}"},
    {",\"free\":{}", "{\"free\":{}}"},
    {",\"free\":{\"a\":[{},[]]}", "{\"free\":{\"a\":[{},[]]}}"},
    {",\"note\":\"\\u00e9\\n\"", "{\"note\":\"\xc3\xa9\\n\"}"},
    {",\"big\":12345678901234567890.0", "{\"big\":1.2345678901234567e+19}"},
    {",\"a~/\":1", "{\"a~/\":1}"},
};

static void test_event_extra_keeps_what_has_no_column(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"p\":{\"type\":[\"object\",\"null\"],\"properties\":{"
                         "\"soc\":{\"type\":\"number\",\"x-column\":\"real\"}}},"
                         "\"free\":{\"type\":\"object\"},\"note\":{\"type\":\"string\"}",
                         "", &e);
    assert_non_null(c);
    struct validator *v = validator_new(FIXTURE_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
        struct event ev;
        struct violations out;
        struct str text = fixture_event(extras[i].rest);
        assert_int_equal(event_validate(v, c, text.p, text.n, &ev, &out), 0);
        assert_true(ev.has_extra == (strcmp(extras[i].extra, "{}") != 0));
        struct buf extra;
        buf_init(&extra, 1000);
        assert_int_equal(event_extra(c, &ev, &extra), 0);
        assert_int_equal(buf_add(&extra, "", 1), 0);
        assert_string_equal(extra.p, extras[i].extra);
        buf_release(&extra);
        buf_init(&extra, strlen(extras[i].extra) - 1);
        assert_int_equal(event_extra(c, &ev, &extra), -1);
        assert_int_equal(extra.n, 0);
        buf_release(&extra);
    }
    validator_free(v);
    contract_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_extra_keeps_what_has_no_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

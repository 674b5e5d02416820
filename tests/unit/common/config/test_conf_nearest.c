#include "tests/unit/common/config/sample.h"

#include <string.h>

static void test_conf_distance_counts_edits_up_to_the_limit(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned limit, expected;
    } cases[] = {
        {"", "", 9, 0},
        {"", "abc", 9, 3},
        {"abc", "", 9, 3},
        {"abc", "abc", 0, 0},
        {"abc", "abd", 9, 1},
        {"abc", "acb", 9, 1},
        {"abcd", "badc", 9, 2},
        {"kitten", "sitting", 9, 3},
        {"kitten", "sitting", 2, 3},
        {"kitten", "sitting", 1, 2},
        {"a", "aaaaaaaaaaaa", 3, 4},
        {"ca", "abc", 9, 3},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const unsigned d = conf_distance(cases[i].a, cases[i].b, cases[i].limit);
        if (d != cases[i].expected) {
            fail_msg("'%s' to '%s': %u", cases[i].a, cases[i].b, d);
        }
        assert_int_equal(conf_distance(cases[i].b, cases[i].a, cases[i].limit), d);
    }
}

static void test_conf_distance_long_text_is_far(void **state)
{
    (void)state;
    char text[CONF_KEY_MAX + 1];
    memset(text, 'a', sizeof text);
    text[CONF_KEY_MAX] = '\0';
    assert_int_equal(conf_distance(text, text, 5), 6);
    text[CONF_KEY_MAX - 1] = '\0';
    assert_int_equal(conf_distance(text, text, 5), 0);
}

static void test_conf_suggest_appends_only_what_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *wrong, *text;
    } cases[] = {
        {"kafka.broker", "E, did you mean 'kafka.brokers'?"},
        {"http.max-body", "E, did you mean 'http.max_body'?"},
        {"apikeys", "E, did you mean 'api_keys'?"},
        {"zzzzzz", "E"},
        {"", "E"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err e = {0};
        err_set(&e, ERR_USAGE, "E");
        conf_suggest(&sample_spec, cases[i].wrong, &e);
        assert_string_equal(e.text, cases[i].text);
        assert_int_equal(e.code, ERR_USAGE);
    }
    conf_suggest(&sample_spec, "kafka.broker", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_distance_counts_edits_up_to_the_limit),
        cmocka_unit_test(test_conf_distance_long_text_is_far),
        cmocka_unit_test(test_conf_suggest_appends_only_what_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

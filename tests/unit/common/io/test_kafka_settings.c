#include "common/io/kafka_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static int collect(void *arg, const char *key, const char *value, struct err *e)
{
    if (strcmp(key, "refuse") == 0) {
        err_set(e, ERR_CONFIG, "refused");
        return -1;
    }
    char *out = arg;
    size_t n = strlen(out);
    snprintf(out + n, 256 - n, "<%s|%s>", key, value);
    return 0;
}

static void test_kafka_settings_each_text_gives_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pairs;
    } cases[] = {
        {"", ""},
        {"a=1", "<a|1>"},
        {"a=1,b.c=x y", "<a|1><b.c|x y>"},
        {" a = 1 ,, b=2 ,", "<a|1><b|2>"},
        {"a=b=c", "<a|b=c>"},
        {"a=", "<a|>"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[256] = "";
        struct err e = {0};
        assert_int_equal(kafka_settings_each(cases[i].text, collect, out, &e), 0);
        assert_string_equal(out, cases[i].pairs);
    }
}

static void test_kafka_settings_each_bad_text_is_refused(void **state)
{
    (void)state;
    char longest[KAFKA_SETTING_MAX + 8];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "k=", 2);
    longest[sizeof longest - 1] = '\0';
    const char *const cases[] = {"a", "=1", "a=1,b", "refuse=1", longest};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[256] = "";
        struct err e = {0};
        assert_int_equal(kafka_settings_each(cases[i], collect, out, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kafka_settings_each_text_gives_pairs),
        cmocka_unit_test(test_kafka_settings_each_bad_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

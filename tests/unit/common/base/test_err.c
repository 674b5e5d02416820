#include "common/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void test_err_set_unavailable_is_retriable(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_UNAVAILABLE, "connect %s:%d", "redis", 6379);
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_true(e.retriable);
    assert_string_equal(e.text, "connect redis:6379");
    err_set(&e, ERR_CONFIG, "x");
    assert_false(e.retriable);
}

static void test_err_set_own_text_as_argument_is_safe(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_IO, "inner");
    err_set(&e, ERR_CONFIG, "outer: %s", e.text);
    assert_string_equal(e.text, "outer: inner");
}

static void test_err_set_long_text_is_cut(void **state)
{
    (void)state;
    char big[2 * ERR_TEXT_MAX];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    struct err e = {0};
    err_set(&e, ERR_IO, "%s", big);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
    err_wrap(&e, "%s", big);
    assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void test_err_set_errno_appends_reason(void **state)
{
    (void)state;
    struct err e = {0};
    err_set_errno(&e, ERR_IO, ENOENT, "open %s", "f.json");
    assert_string_equal(e.text, "open f.json: No such file or directory");
}

static void test_err_wrap_keeps_code_and_prefixes(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_TIMEOUT, "no answer");
    err_wrap(&e, "claim partition %d", 3);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_true(e.retriable);
    assert_string_equal(e.text, "claim partition 3: no answer");
    err_wrap(NULL, "nobody listens");
    err_set(NULL, ERR_IO, "nobody listens");
}

static void test_err_code_name_every_code_has_one(void **state)
{
    (void)state;
    for (int c = ERR_NONE; c <= ERR_SYSTEM; c++) {
        assert_string_not_equal(err_code_name((enum err_code)c), "unknown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set_unavailable_is_retriable),
        cmocka_unit_test(test_err_set_own_text_as_argument_is_safe),
        cmocka_unit_test(test_err_set_long_text_is_cut),
        cmocka_unit_test(test_err_set_errno_appends_reason),
        cmocka_unit_test(test_err_wrap_keeps_code_and_prefixes),
        cmocka_unit_test(test_err_code_name_every_code_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

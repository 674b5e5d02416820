#include "loadtest/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_decimal_put_fixed_prints_sign_point_and_zeros(void **state)
{
    (void)state;
    static const struct {
        int64_t m;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},          {0, 2, "0.00"},
        {-1205, 2, "-12.05"}, {5, 3, "0.005"},
        {-5, 1, "-0.5"},      {999999, 6, "0.999999"},
        {100, 0, "100"},      {123456789, 4, "12345.6789"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[DECIMAL_MAX];
        char *end = decimal_put_fixed(out, cases[i].m, cases[i].decimals);
        assert_int_equal(end - out, strlen(cases[i].text));
        assert_memory_equal(out, cases[i].text, strlen(cases[i].text));
    }
}

static void test_decimal_put_agrees_with_printf(void **state)
{
    (void)state;
    for (uint64_t v = 1; v < UINT64_MAX / 11; v = v * 10 + v % 7) {
        for (uint64_t near = v - 1; near <= v + 1; near++) {
            char out[DECIMAL_MAX];
            char expected[DECIMAL_MAX];
            int n = snprintf(expected, sizeof expected, "%llu", (unsigned long long)near);
            char *end = decimal_put(out, near);
            assert_int_equal(end - out, n);
            assert_memory_equal(out, expected, (size_t)n);
        }
    }
}

static void test_decimal_put_padded_fills_with_zeros(void **state)
{
    (void)state;
    char out[6];
    decimal_put_padded(out, 42, 6);
    assert_memory_equal(out, "000042", 6);
    decimal_put_padded(out, 7, 1);
    assert_memory_equal(out, "700042", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal_put_fixed_prints_sign_point_and_zeros),
        cmocka_unit_test(test_decimal_put_agrees_with_printf),
        cmocka_unit_test(test_decimal_put_padded_fills_with_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

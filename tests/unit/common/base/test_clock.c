#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_clock_backoff_grows_within_bounds(void **state)
{
    (void)state;
    static const uint64_t randoms[] = {0, 1, 12345, UINT64_MAX};
    int64_t ceilings[] = {100, 200, 400, 800, 1000, 1000};
    for (unsigned attempt = 0; attempt < 6; attempt++) {
        for (size_t i = 0; i < 4; i++) {
            int64_t ms = clock_backoff_ms(attempt, 100, 1000, randoms[i]);
            assert_true(ms >= 50);
            assert_true(ms <= ceilings[attempt]);
        }
    }
    assert_int_equal(clock_backoff_ms(0, 100, 1000, 0), 50);
    assert_int_equal(clock_backoff_ms(0, 100, 1000, 50), 100);
    assert_true(clock_backoff_ms(1000, 100, 1000, UINT64_MAX) <= 1000);
}

static void test_clock_mono_never_steps_back(void **state)
{
    (void)state;
    int64_t before = clock_mono_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ns();
        assert_true(now >= before);
        before = now;
    }
}

static void test_clock_wall_is_microseconds_of_this_century(void **state)
{
    (void)state;
    int64_t us = clock_wall_us();
    assert_true(us > INT64_C(1577836800) * US_PER_S); /* 2020-01-01 */
    assert_true(us < INT64_C(4102444800) * US_PER_S); /* 2100-01-01 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_backoff_grows_within_bounds),
        cmocka_unit_test(test_clock_mono_never_steps_back),
        cmocka_unit_test(test_clock_wall_is_microseconds_of_this_century),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "worker/consume/windows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_windows_new_shares_the_limit(void **state)
{
    (void)state;
    const struct windows_options options = {1200000, 1000000};
    struct windows *w = windows_new(&options, 12, 1);
    assert_int_equal(w->n, 12);
    assert_int_equal(w->max_each, 100000);
    windows_free(w);
}

static void test_windows_new_off_gives_none(void **state)
{
    (void)state;
    const struct windows_options off = {0, 1000000};
    assert_null(windows_new(&off, 12, 1));
    const struct windows_options on = {1000, 1000000};
    assert_null(windows_new(&on, 0, 1));
    assert_int_equal(windows_state(NULL).ids, 0);
}

static void test_windows_state_tells_the_shortest_reach(void **state)
{
    (void)state;
    const struct windows_options options = {10000, INT64_C(1000000000)};
    struct windows *w = windows_new(&options, 3, 1);
    assert_int_equal(windows_state(w).oldest_us, INT64_MAX);
    const uint8_t a[EVENT_ID_SIZE] = {1};
    const uint8_t b[EVENT_ID_SIZE] = {2};
    assert_false(dedupe_seen(w->items[0], a, 1, 500));
    assert_false(dedupe_seen(w->items[2], b, 1, 900));
    struct dedupe_state s = windows_state(w);
    assert_int_equal(s.ids, 2);
    assert_int_equal(s.oldest_us, 900);
    assert_true(s.bytes > 0);
    windows_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_new_shares_the_limit),
        cmocka_unit_test(test_windows_new_off_gives_none),
        cmocka_unit_test(test_windows_state_tells_the_shortest_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/auth/jwks_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/compiler.h"

#define S NS_PER_S

static void test_due_first_try_is_at_once(void **state)
{
    (void)state;
    struct jwks_schedule s;
    jwks_schedule_init(&s, 3600);
    assert_true(jwks_schedule_due_ns(&s) <= 0);
    s.wanted = true;
    assert_true(jwks_schedule_due_ns(&s) <= 0);
}

static void test_succeeded_next_try_within_bounds(void **state)
{
    (void)state;
    static const struct {
        int64_t refresh_s, max_age_s, expected_s;
    } cases[] = {
        {3600, -1, 3600}, {3600, 7200, 7200},   {3600, 0, 300}, {3600, 299, 300},
        {3600, 301, 301}, {3600, 90000, 86400}, {1, -1, 300},   {999999, -1, 86400},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct jwks_schedule s;
        jwks_schedule_init(&s, cases[i].refresh_s);
        jwks_schedule_begin(&s, 10 * S);
        jwks_schedule_succeeded(&s, 11 * S, cases[i].max_age_s);
        assert_int_equal(jwks_schedule_due_ns(&s), (11 + cases[i].expected_s) * S);
    }
}

static void test_due_wish_comes_early_but_once_a_minute(void **state)
{
    (void)state;
    struct jwks_schedule s;
    jwks_schedule_init(&s, 3600);
    jwks_schedule_begin(&s, 1000 * S);
    jwks_schedule_succeeded(&s, 1001 * S, -1);
    s.wanted = true;
    assert_int_equal(jwks_schedule_due_ns(&s), 1060 * S);
    jwks_schedule_begin(&s, 1060 * S);
    assert_false(s.wanted);
    jwks_schedule_succeeded(&s, 1061 * S, -1);
    assert_int_equal(jwks_schedule_due_ns(&s), (1061 + 3600) * S);
    s.wanted = true;
    assert_int_equal(jwks_schedule_due_ns(&s), 1120 * S);
}

static void test_due_wish_never_delays_a_regular_try(void **state)
{
    (void)state;
    struct jwks_schedule s;
    jwks_schedule_init(&s, 3600);
    jwks_schedule_begin(&s, 1000 * S);
    jwks_schedule_failed(&s, 1001 * S, 7);
    const int64_t regular = jwks_schedule_due_ns(&s);
    assert_true(regular < 1060 * S);
    s.wanted = true;
    assert_int_equal(jwks_schedule_due_ns(&s), regular);
}

static void test_failed_waits_grow_to_their_bounds(void **state)
{
    (void)state;
    for (int loaded = 0; loaded < 2; loaded++) {
        const int64_t bound_s = loaded ? JWKS_RETRY_MAX_WITH_S : JWKS_RETRY_MAX_WITHOUT_S;
        struct jwks_schedule s;
        int64_t longest = 0;
        jwks_schedule_init(&s, 3600);
        if (loaded) {
            jwks_schedule_begin(&s, 0);
            jwks_schedule_succeeded(&s, 0, -1);
        }
        for (uint64_t i = 0; i < 200; i++) {
            jwks_schedule_begin(&s, 1000 * S);
            jwks_schedule_failed(&s, 1000 * S, i * UINT64_C(0x9e3779b97f4a7c15));
            const int64_t wait = jwks_schedule_due_ns(&s) - 1000 * S;
            assert_true(wait >= S / 2 && wait <= bound_s * S);
            longest = wait > longest ? wait : longest;
        }
        assert_true(longest > bound_s * S / 2);
        jwks_schedule_succeeded(&s, 2000 * S, -1);
        assert_int_equal(s.failures, 0);
    }
}

static void test_max_age_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t age_s;
    } cases[] = {
        {"", -1},
        {"max-age=600", 600},
        {" public , MAX-AGE=600 ", 600},
        {"max-age=600, max-age=60", 60},
        {"no-cache", 0},
        {"max-age=600, no-store", 0},
        {"s-maxage=5", -1},
        {"max-age=", -1},
        {"max-age=-1", -1},
        {"max-age=1x", -1},
        {"max-age=\"5\"", -1},
        {"max-age=99999999999999999999999999", 86400},
        {",,,", -1},
        {"must-revalidate,max-age=1,", 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(jwks_max_age_s(str_of(cases[i].text)), cases[i].age_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_due_first_try_is_at_once),
        cmocka_unit_test(test_succeeded_next_try_within_bounds),
        cmocka_unit_test(test_due_wish_comes_early_but_once_a_minute),
        cmocka_unit_test(test_due_wish_never_delays_a_regular_try),
        cmocka_unit_test(test_failed_waits_grow_to_their_bounds),
        cmocka_unit_test(test_max_age_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

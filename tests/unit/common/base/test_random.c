#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static void test_rng_same_seed_gives_same_sequence(void **state)
{
    (void)state;
    struct rng a;
    struct rng b;
    struct rng c;
    rng_seed(&a, 42);
    rng_seed(&b, 42);
    rng_seed(&c, 43);
    int equal = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_next(&a);
        assert_int_equal(x, rng_next(&b));
        equal += x == rng_next(&c);
    }
    assert_int_equal(equal, 0);
}

static void test_rng_below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 1);
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_below(&r, 7);
        assert_true(x < 7);
        seen |= 1U << x;
    }
    assert_int_equal(seen, 0x7f);
    assert_int_equal(rng_below(&r, 1), 0);
}

static void test_rng_unit_and_normal_have_their_moments(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 7);
    double sum = 0;
    double nsum = 0;
    double nsquare = 0;
    const int n = 20000;
    for (int i = 0; i < n; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
        double g = rng_normal(&r);
        nsum += g;
        nsquare += g * g;
    }
    assert_true(fabs(sum / n - 0.5) < 0.02);
    assert_true(fabs(nsum / n) < 0.05);
    assert_true(fabs(nsquare / n - 1.0) < 0.05);
}

static void test_random_bytes_fills_and_differs(void **state)
{
    (void)state;
    unsigned char a[32] = {0};
    unsigned char b[32] = {0};
    struct err e = {0};
    assert_int_equal(random_bytes(a, sizeof a, &e), 0);
    assert_int_equal(random_bytes(b, sizeof b, &e), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rng_same_seed_gives_same_sequence),
        cmocka_unit_test(test_rng_below_stays_below_and_reaches_all),
        cmocka_unit_test(test_rng_unit_and_normal_have_their_moments),
        cmocka_unit_test(test_random_bytes_fills_and_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/ingest/retry_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/compiler.h"

static void test_retry_after_seconds_from_depth_and_rate(void **state)
{
    (void)state;
    static const struct {
        int64_t depth;
        uint64_t rate, random;
        unsigned seconds;
    } cases[] = {
        {0, 1000, 0, 1},
        {1, 1000, 0, 1},
        {1000, 1000, 0, 1},
        {1001, 1000, 0, 2},
        {10000, 1000, 0, 10},
        {10000, 1000, 5, 15},
        {10000, 1000, 6, 10},
        {0, 0, 0, RETRY_AFTER_BLIND_S},
        {500, 0, 0, RETRY_AFTER_BLIND_S},
        {INT64_MAX, 1, 0, RETRY_AFTER_MAX_S},
        {INT64_MAX, 1, 15, RETRY_AFTER_MAX_S + 15},
        {INT64_MAX, 1, 16, RETRY_AFTER_MAX_S},
        {-5, 10, 0, 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(retry_after_seconds(cases[i].depth, cases[i].rate, cases[i].random),
                         cases[i].seconds);
    }
}

static void test_drain_rate_update_follows_the_counter(void **state)
{
    (void)state;
    struct drain_rate r = {0};
    uint64_t total = 500;
    int64_t now_ns = NS_PER_S;
    assert_true(drain_rate_update(&r, now_ns, total) == 0);
    for (int i = 0; i < 100; i++) {
        now_ns += NS_PER_S / 10;
        total += 100;
        drain_rate_update(&r, now_ns, total);
    }
    assert_true(r.per_s > 990 && r.per_s < 1010);
    for (int i = 0; i < 10; i++) {
        now_ns += NS_PER_S / 10;
        drain_rate_update(&r, now_ns, total);
    }
    assert_true(r.per_s > 300 && r.per_s < 440); /* 1000 / e after a second of nothing */
    double before = r.per_s;
    assert_true(drain_rate_update(&r, now_ns, total) == before); /* no time has passed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_after_seconds_from_depth_and_rate),
        cmocka_unit_test(test_drain_rate_update_follows_the_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

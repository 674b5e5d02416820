#include "worker/consume/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_ladder_next_waits_then_pauses_once_then_resumes_once(void **state)
{
    (void)state;
    struct ladder l = {.stalled = false};
    const int64_t t = 1000;
    const int64_t p = LADDER_PATIENCE_NS;
    assert_int_equal(ladder_next(&l, false, t), LADDER_CONSUME);
    assert_int_equal(ladder_next(&l, true, t), LADDER_WAIT);
    assert_int_equal(ladder_next(&l, true, t + p - 1), LADDER_WAIT);
    assert_int_equal(ladder_next(&l, true, t + p), LADDER_PAUSE);
    assert_int_equal(ladder_next(&l, true, t + p + 1), LADDER_IDLE);
    assert_int_equal(ladder_next(&l, true, t + 100 * p), LADDER_IDLE);
    assert_int_equal(ladder_next(&l, false, t + 101 * p), LADDER_RESUME);
    assert_int_equal(ladder_next(&l, false, t + 102 * p), LADDER_CONSUME);
}

static void test_ladder_next_short_stall_costs_no_pause(void **state)
{
    (void)state;
    struct ladder l = {.stalled = false};
    const int64_t p = LADDER_PATIENCE_NS;
    assert_int_equal(ladder_next(&l, true, 0), LADDER_WAIT);
    assert_int_equal(ladder_next(&l, false, p - 1), LADDER_CONSUME);
    /* The next stall has its own patience. */
    assert_int_equal(ladder_next(&l, true, p), LADDER_WAIT);
    assert_int_equal(ladder_next(&l, true, 2 * p - 1), LADDER_WAIT);
    assert_int_equal(ladder_next(&l, true, 2 * p), LADDER_PAUSE);
}

static void test_ladder_reset_forgets_the_pause(void **state)
{
    (void)state;
    struct ladder l = {.stalled = false};
    (void)ladder_next(&l, true, 0);
    assert_int_equal(ladder_next(&l, true, LADDER_PATIENCE_NS), LADDER_PAUSE);
    ladder_reset(&l); /* a rebalance: librdkafka forgot it, too */
    assert_int_equal(ladder_next(&l, false, LADDER_PATIENCE_NS), LADDER_CONSUME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder_next_waits_then_pauses_once_then_resumes_once),
        cmocka_unit_test(test_ladder_next_short_stall_costs_no_pause),
        cmocka_unit_test(test_ladder_reset_forgets_the_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

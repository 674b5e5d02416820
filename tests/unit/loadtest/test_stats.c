#include "loadtest/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_stats_take_adds_and_empties(void **state)
{
    (void)state;
    struct stats a;
    struct stats b;
    stats_init(&a);
    stats_init(&b);
    for (int round = 1; round <= 2; round++) {
        b.made = 5;
        b.events[LEDGER_ACCEPTED] = 3;
        b.events[LEDGER_UNKNOWN] = 2;
        b.status[202] = 3;
        b.backlog = 9;
        b.backlog_max = (uint64_t)(10 - round);
        histogram_record(b.latency, 1000, 3);
        stats_take(&a, &b);
        assert_int_equal(a.made, 5 * round);
        assert_int_equal(a.events[LEDGER_UNKNOWN], 2 * round);
        assert_int_equal(a.status[202], 3 * round);
        assert_int_equal(a.backlog, 9);
        assert_int_equal(a.backlog_max, 9);
        assert_int_equal(histogram_count(a.latency), 3 * round);
        assert_int_equal(b.made, 0);
        assert_int_equal(b.events[LEDGER_UNKNOWN], 0);
        assert_int_equal(histogram_count(b.latency), 0);
    }
    stats_release(&a);
    stats_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_take_adds_and_empties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

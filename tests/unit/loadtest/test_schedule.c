#include "loadtest/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void test_schedule_due_is_start_plus_k_over_rate(void **state)
{
    (void)state;
    static const struct {
        double rate;
        uint64_t k;
        int64_t due_ns;
    } cases[] = {
        {1000, 0, 0},
        {1000, 1, 1000000},
        {250, 3, 12000000},
        {200000, 1, 5000},
        {0.5, 2, 4000000000},
        {80000, 80000, 1000000000},
        {1000, 86400000, INT64_C(86400000000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule s;
        schedule_init(&s, cases[i].rate, 10, 1, 1);
        assert_int_equal(schedule_due_ns(&s, cases[i].k), cases[i].due_ns);
    }
}

static void test_schedule_total_is_rate_times_duration(void **state)
{
    (void)state;
    static const struct {
        double rate;
        double duration_s;
        uint64_t total;
    } cases[] = {
        {1000, 10, 10000}, {3, 0.5, 2}, {0.1, 1, 1}, {0, 10, UINT64_MAX}, {5, 0, UINT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule s;
        schedule_init(&s, cases[i].rate, cases[i].duration_s, 1, 1);
        assert_int_equal(s.total, cases[i].total);
    }
}

/* The cursors of all connections together must give what the walk gives, in its order. */
static void test_schedule_cursors_and_walk_agree(void **state)
{
    (void)state;
    static const struct {
        uint32_t vehicles;
        uint32_t connections;
    } cases[] = {{1, 1}, {10, 1}, {10, 10}, {10, 3}, {7, 5}, {100, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule s;
        struct schedule_cursor cursors[64];
        schedule_init(&s, 1000, 10, cases[i].vehicles, cases[i].connections);
        for (uint32_t c = 0; c < s.connections; c++) {
            schedule_cursor_init(&cursors[c], c);
        }
        struct schedule_walk w = {0};
        for (uint64_t k = 0; k < 1000; k++) {
            assert_int_equal(w.k, k);
            assert_int_equal(w.vehicle, k % s.vehicles);
            assert_int_equal(w.connection, w.vehicle % s.connections);
            struct schedule_cursor *own = &cursors[w.connection];
            assert_int_equal(schedule_cursor_k(own), k);
            assert_int_equal(own->vehicle, w.vehicle);
            schedule_cursor_next(&s, own, w.connection);
            schedule_walk_next(&s, &w);
        }
    }
}

static void test_schedule_lag_counts_from_due_and_free(void **state)
{
    (void)state;
    assert_int_equal(schedule_lag_ns(100, 50, 130), 30);  /* was free: late by 30 */
    assert_int_equal(schedule_lag_ns(100, 120, 130), 10); /* the server held the connection */
    assert_int_equal(schedule_lag_ns(100, 50, 100), 0);
    assert_int_equal(schedule_lag_ns(100, 50, 90), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule_due_is_start_plus_k_over_rate),
        cmocka_unit_test(test_schedule_total_is_rate_times_duration),
        cmocka_unit_test(test_schedule_cursors_and_walk_agree),
        cmocka_unit_test(test_schedule_lag_counts_from_due_and_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

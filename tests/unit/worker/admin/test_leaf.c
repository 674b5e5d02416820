#include "worker/admin/leaf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DAY_US (INT64_C(86400) * 1000000)

static void test_leaf_day_counts_whole_days_both_ways(void **state)
{
    (void)state;
    assert_int_equal(leaf_day(0), 0);
    assert_int_equal(leaf_day(DAY_US - 1), 0);
    assert_int_equal(leaf_day(DAY_US), 1);
    assert_int_equal(leaf_day(-1), -1);
    assert_int_equal(leaf_day(-DAY_US), -1);
    assert_int_equal(leaf_day(-DAY_US - 1), -2);
}

static void test_leaf_name_and_bound_of_known_days(void **state)
{
    (void)state;
    static const struct {
        int64_t day;
        const char *name;
        const char *bound;
    } cases[] = {
        {0, "t_p19700101", "1970-01-01 00:00:00+00"},
        {11016, "t_p20000229", "2000-02-29 00:00:00+00"},
        {11017, "t_p20000301", "2000-03-01 00:00:00+00"},
        {20778, "t_p20261121", "2026-11-21 00:00:00+00"},
        {-1, "t_p19691231", "1969-12-31 00:00:00+00"},
        {-719162, "t_p00010101", "0001-01-01 00:00:00+00"},
        {2932896, "t_p99991231", "9999-12-31 00:00:00+00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[LEAF_NAME_SIZE];
        char bound[LEAF_BOUND_SIZE];
        int64_t day = 5;
        assert_int_equal(leaf_name("t", cases[i].day, name), 0);
        assert_string_equal(name, cases[i].name);
        assert_int_equal(leaf_bound(cases[i].day, bound), 0);
        assert_string_equal(bound, cases[i].bound);
        assert_true(leaf_parse("t", name, &day));
        assert_int_equal(day, cases[i].day);
    }
    char name[LEAF_NAME_SIZE];
    assert_int_equal(leaf_name("t", -719163, name), -1);
    assert_int_equal(leaf_name("t", 2932897, name), -1);
}

static void test_leaf_parse_is_the_inverse_for_every_day_of_a_century(void **state)
{
    (void)state;
    for (int64_t day = 10957; day < 10957 + 36525; day++) {
        char name[LEAF_NAME_SIZE];
        int64_t back = 0;
        assert_int_equal(leaf_name("vehicle_telemetry", day, name), 0);
        assert_true(leaf_parse("vehicle_telemetry", name, &back));
        assert_int_equal(back, day);
    }
}

static void test_leaf_parse_refuses_other_names(void **state)
{
    (void)state;
    static const char *const names[] = {"t",           "t_p",         "t_p2026112",  "t_p202611211",
                                        "t_p20261131", "u_p20261121", "t_p20261a21", "tt_p20261121",
                                        "t_p20260229"};
    int64_t day;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(leaf_parse("t", names[i], &day));
    }
}

static void test_leaf_name_longest_table(void **state)
{
    (void)state;
    char table[64];
    char name[LEAF_NAME_SIZE];
    memset(table, 'x', sizeof table);
    table[53] = '\0';
    assert_int_equal(leaf_name(table, 0, name), 0);
    assert_int_equal(strlen(name), 63);
    table[53] = 'x';
    table[54] = '\0';
    assert_int_equal(leaf_name(table, 0, name), -1);
}

static void test_leaf_sql_makes_and_attaches(void **state)
{
    (void)state;
    struct buf sql;
    buf_init(&sql, 4096);
    assert_int_equal(leaf_sql(&sql, "t", 20778), 0);
    assert_int_equal(buf_add(&sql, "", 1), 0);
    assert_string_equal(sql.p,
                        "CREATE TABLE IF NOT EXISTS \"t_p20261121\" (LIKE \"t\" INCLUDING ALL);"
                        "ALTER TABLE \"t\" ATTACH PARTITION \"t_p20261121\" FOR VALUES "
                        "FROM ('2026-11-21 00:00:00+00') TO ('2026-11-22 00:00:00+00');");
    buf_release(&sql);
}

static void test_leaf_range_joins_and_covers(void **state)
{
    (void)state;
    struct leaf_range r = {.any = false};
    assert_false(leaf_range_covers(&r, 0, 0));
    r = leaf_range_join(&r, 5, 7);
    assert_true(leaf_range_covers(&r, 5, 7));
    assert_true(leaf_range_covers(&r, 6, 6));
    assert_false(leaf_range_covers(&r, 4, 6));
    assert_false(leaf_range_covers(&r, 6, 8));
    r = leaf_range_join(&r, 9, 9);
    assert_true(leaf_range_covers(&r, 5, 9));
    r = leaf_range_join(&r, 1, 2);
    assert_true(leaf_range_covers(&r, 1, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaf_day_counts_whole_days_both_ways),
        cmocka_unit_test(test_leaf_name_and_bound_of_known_days),
        cmocka_unit_test(test_leaf_parse_is_the_inverse_for_every_day_of_a_century),
        cmocka_unit_test(test_leaf_parse_refuses_other_names),
        cmocka_unit_test(test_leaf_name_longest_table),
        cmocka_unit_test(test_leaf_sql_makes_and_attaches),
        cmocka_unit_test(test_leaf_range_joins_and_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

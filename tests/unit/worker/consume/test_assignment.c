#include "worker/consume/assignment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_assignment_find_knows_only_what_is_ours(void **state)
{
    (void)state;
    const struct slot slots[] = {
        {.stream = 1, .partition = 7, .next = 10},
        {.stream = 0, .partition = 2, .next = 20},
        {.stream = 1, .partition = 0, .next = 30, .stopped = true},
    };
    struct assignment a;
    assignment_init(&a);
    assert_int_equal(assignment_find(&a, 0, 0), ASSIGNMENT_NONE);
    assignment_set(&a, slots, 3);
    assert_int_equal(assignment_find(&a, 1, 7), 0);
    assert_int_equal(assignment_find(&a, 0, 2), 1);
    assert_int_equal(assignment_find(&a, 1, 0), ASSIGNMENT_NONE); /* stopped */
    assert_int_equal(assignment_find(&a, 0, 7), ASSIGNMENT_NONE);
    assert_int_equal(assignment_find(&a, 0, 8), ASSIGNMENT_NONE);
    assert_int_equal(assignment_find(&a, 0, -1), ASSIGNMENT_NONE);
    assert_int_equal(assignment_find(&a, 2, 0), ASSIGNMENT_NONE);
    assignment_clear(&a);
    assert_int_equal(assignment_find(&a, 1, 7), ASSIGNMENT_NONE);
    assignment_set(&a, slots, 0);
    assert_int_equal(assignment_find(&a, 0, 0), ASSIGNMENT_NONE);
    assignment_release(&a);
}

static void test_offset_check_tells_stale_from_gap(void **state)
{
    (void)state;
    assert_int_equal(offset_check(10, 10), OFFSET_NEXT);
    assert_int_equal(offset_check(10, 9), OFFSET_STALE);
    assert_int_equal(offset_check(10, 0), OFFSET_STALE);
    assert_int_equal(offset_check(10, 11), OFFSET_GAP);
    assert_int_equal(offset_check(0, 0), OFFSET_NEXT);
}

static void test_position_check_accepts_both_ends_of_the_log(void **state)
{
    (void)state;
    assert_int_equal(position_check(5, 5, 9), POSITION_OK);
    assert_int_equal(position_check(9, 5, 9), POSITION_OK); /* everything was read */
    assert_int_equal(position_check(10, 5, 9), POSITION_TRUNCATED);
    assert_int_equal(position_check(4, 5, 9), POSITION_EXPIRED);
    assert_int_equal(position_check(0, 0, 0), POSITION_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assignment_find_knows_only_what_is_ours),
        cmocka_unit_test(test_offset_check_tells_stale_from_gap),
        cmocka_unit_test(test_position_check_accepts_both_ends_of_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

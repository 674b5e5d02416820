#include "ingestor/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_problem_write_members_by_what_is_given(void **state)
{
    (void)state;
    static const struct {
        enum problem p;
        struct problem_text text;
        const char *document;
    } cases[] = {
        {PROBLEM_NOT_FOUND,
         {.instance = {"r1", 2}},
         "{\"type\":\"https://tidegate.dev/problems/not-found\",\"title\":\"No such resource\","
         "\"status\":404,\"instance\":\"r1\"}\n"},
        {PROBLEM_OVERLOADED,
         {.detail = "a \"b\"", .instance = {"r1", 2}, .outcome = "not_taken"},
         "{\"type\":\"https://tidegate.dev/problems/overloaded\",\"title\":\"Overloaded\","
         "\"status\":503,\"detail\":\"a "
         "\\\"b\\\"\",\"instance\":\"r1\",\"outcome\":\"not_taken\"}\n"},
        {PROBLEM_INVALID_EVENTS,
         {.instance = {"r1", 2}, .errors = {"{\"index\":0},{\"index\":1}", 23}},
         "{\"type\":\"https://tidegate.dev/problems/invalid-events\",\"title\":\"No event "
         "accepted\",\"status\":422,\"instance\":\"r1\",\"errors\":[{\"index\":0},{\"index\":1}]}"
         "\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(problem_write(cases[i].p, &cases[i].text, &out), 0);
        assert_true(str_eq((struct str){out.p, out.n}, str_of(cases[i].document)));
        buf_release(&out);
    }
}

static void test_problem_write_full_buffer_fails(void **state)
{
    (void)state;
    const struct problem_text text = {.detail = "d", .instance = {"r1", 2}, .outcome = "unknown"};
    struct buf whole;
    buf_init(&whole, 4096);
    assert_int_equal(problem_write(PROBLEM_OUTCOME_UNKNOWN, &text, &whole), 0);
    size_t n = whole.n;
    buf_release(&whole);
    for (size_t limit = 0; limit < n; limit++) {
        struct buf out;
        buf_init(&out, limit);
        assert_int_equal(problem_write(PROBLEM_OUTCOME_UNKNOWN, &text, &out), -1);
        buf_release(&out);
    }
}

static void test_problem_types_are_distinct_and_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROBLEMS; i++) {
        const struct problem_type *t = problem_type((enum problem)i);
        assert_true(t->status >= 400 && t->status < 600);
        assert_true(strlen(t->title) > 0 && strlen(t->cause) > 0 && strlen(t->cure) > 0);
        assert_null(strpbrk(t->title, "\"\\"));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(t->name, problem_type((enum problem)k)->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problem_write_members_by_what_is_given),
        cmocka_unit_test(test_problem_write_full_buffer_fails),
        cmocka_unit_test(test_problem_types_are_distinct_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

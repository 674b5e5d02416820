#include "worker/load/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/random.h"

#define ROWS_MAX 4096

/* Runs a search against a set of bad rows as a database would: it refuses a range with the first
 * bad row's line, or without a line. Returns the number of trials. */
static size_t run(const bool *bad, size_t n, bool lines, bool *found)
{
    struct search s;
    struct search_range r;
    size_t trials = 0;
    search_begin(&s, n);
    while (search_next(&s, &r)) {
        size_t first = r.from;
        assert_true(r.from < r.to && r.to <= n);
        trials++;
        while (first < r.to && !bad[first]) {
            first++;
        }
        if (first == r.to) {
            search_passed(&s);
            continue;
        }
        size_t at;
        if (search_refused(&s, lines ? (int64_t)(first - r.from) + 1 : -1, &at)) {
            assert_false(found[at]);
            found[at] = true;
        }
    }
    return trials;
}

static void test_search_finds_exactly_the_bad_rows(void **state)
{
    (void)state;
    static bool bad[ROWS_MAX];
    struct rng rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 200; round++) {
        size_t n = 1 + (size_t)rng_below(&rng, ROWS_MAX);
        size_t share = 1 + (size_t)rng_below(&rng, 300);
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            bad[i] = rng_below(&rng, share) == 0;
            count += bad[i];
        }
        for (int lines = 0; lines < 2; lines++) {
            static bool found[ROWS_MAX];
            for (size_t i = 0; i < n; i++) {
                found[i] = false;
            }
            size_t trials = run(bad, n, lines == 1, found);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(found[i], bad[i]);
            }
            /* With lines one trial a bad row and one for the rest; without at most 2 log2(n). */
            assert_true(lines == 1 ? trials <= count + 1 : trials <= 1 + count * 2 * 13);
        }
    }
}

static void test_search_all_rows_bad_ends(void **state)
{
    (void)state;
    static bool bad[ROWS_MAX];
    static bool found[ROWS_MAX];
    for (size_t i = 0; i < ROWS_MAX; i++) {
        bad[i] = true;
    }
    assert_int_equal(run(bad, ROWS_MAX, false, found), 2 * ROWS_MAX - 1);
}

static void test_search_refused_line_outside_of_the_range_is_no_line(void **state)
{
    (void)state;
    struct search s;
    struct search_range r;
    size_t bad;
    search_begin(&s, 8);
    assert_false(search_refused(&s, 9, &bad)); /* halves instead */
    assert_true(search_next(&s, &r));
    assert_int_equal(r.from, 0);
    assert_int_equal(r.to, 4);
    assert_false(search_refused(&s, 0, &bad));
    search_begin(&s, 0);
    assert_false(search_next(&s, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_finds_exactly_the_bad_rows),
        cmocka_unit_test(test_search_all_rows_bad_ends),
        cmocka_unit_test(test_search_refused_line_outside_of_the_range_is_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "common/base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "common/base/random.h"

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_histogram_quantile_is_within_its_precision(void **state)
{
    (void)state;
    enum { N = 20000 };
    static int64_t values[N];
    struct rng r;
    rng_seed(&r, 3);
    struct histogram *h = histogram_new(INT64_C(60000000000));
    for (int i = 0; i < N; i++) {
        values[i] = (int64_t)exp(rng_unit(&r) * 23.0);
        histogram_record(h, values[i], 1);
    }
    qsort(values, N, sizeof values[0], compare);
    static const double qs[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < ARRAY_SIZE(qs); i++) {
        double exact = (double)values[(size_t)ceil(qs[i] * N) - 1];
        double got = (double)histogram_quantile(h, qs[i]);
        assert_true(got >= exact);
        assert_true(got <= exact * (1 + 1.0 / 128) + 1);
    }
    assert_int_equal(histogram_quantile(h, 1.0), values[N - 1]);
    assert_int_equal(histogram_min(h), values[0]);
    assert_int_equal(histogram_max(h), values[N - 1]);
    histogram_free(h);
}

static void test_histogram_record_clamps_and_counts(void **state)
{
    (void)state;
    struct histogram *h = histogram_new(1000);
    histogram_record(h, -5, 1);
    histogram_record(h, 5000, 2);
    assert_int_equal(histogram_count(h), 3);
    assert_int_equal(histogram_clamped(h), 2);
    assert_int_equal(histogram_min(h), 0);
    assert_int_equal(histogram_max(h), 1000);
    assert_int_equal(histogram_quantile(h, 0.01), 0);
    histogram_reset(h);
    assert_int_equal(histogram_count(h), 0);
    assert_int_equal(histogram_quantile(h, 0.5), 0);
    histogram_free(h);
}

static void test_histogram_merge_equals_one_that_saw_all(void **state)
{
    (void)state;
    struct histogram *a = histogram_new(100000);
    struct histogram *b = histogram_new(100000);
    struct histogram *both = histogram_new(100000);
    for (int64_t i = 0; i < 3000; i++) {
        histogram_record(i % 3 == 0 ? a : b, i * 7, 1);
        histogram_record(both, i * 7, 1);
    }
    histogram_merge(a, b);
    assert_int_equal(histogram_count(a), histogram_count(both));
    for (double q = 0.05; q < 1; q += 0.05) {
        assert_int_equal(histogram_quantile(a, q), histogram_quantile(both, q));
    }
    assert_true(fabs(histogram_mean(a) - histogram_mean(both)) < 1e-6);
    histogram_free(a);
    histogram_free(b);
    histogram_free(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histogram_quantile_is_within_its_precision),
        cmocka_unit_test(test_histogram_record_clamps_and_counts),
        cmocka_unit_test(test_histogram_merge_equals_one_that_saw_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "common/config/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct metric_def defs[] = {
    {"tidegate_a_total", METRIC_COUNTER, "route,code", "Requests | answered."},
    {"tidegate_b_bytes", METRIC_GAUGE, "", "Bytes\nheld."},
    {"tidegate_c_seconds", METRIC_HISTOGRAM, "stage", "Time."},
};
static const char expected[] =
    "## p\n\n"
    "| metric | type | labels | what it counts |\n"
    "| --- | --- | --- | --- |\n"
    "| `tidegate_a_total` | counter | `route`, `code` | Requests \\| answered. |\n"
    "| `tidegate_b_bytes` | gauge |  | Bytes held. |\n"
    "| `tidegate_c_seconds` | histogram | `stage` | Time. |\n";

static void test_metrics_help_has_one_row_a_metric(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(metrics_help("p", defs, 3, &b), 0);
    assert_int_equal(buf_add(&b, "", 1), 0);
    assert_string_equal(b.p, expected);
    buf_release(&b);
}

static void test_metrics_help_full_buffer_is_a_failure(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < sizeof expected - 1; limit++) {
        struct buf b;
        buf_init(&b, limit);
        assert_int_equal(metrics_help("p", defs, 3, &b), -1);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_help_has_one_row_a_metric),
        cmocka_unit_test(test_metrics_help_full_buffer_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

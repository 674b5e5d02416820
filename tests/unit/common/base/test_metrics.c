#include "common/base/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { REQUESTS, DEPTH, LATENCY };
static const struct metric_def defs[] = {
    [REQUESTS] = {"t_requests_total", METRIC_COUNTER, "route,code", "Requests."},
    [DEPTH] = {"t_depth", METRIC_GAUGE, "", "Depth."},
    [LATENCY] = {"t_latency_seconds", METRIC_HISTOGRAM, "", "Latency."},
};

static struct metrics *make(void)
{
    static const char *const sets[] = {"route=\"a\",code=\"202\"", "route=\"a\",code=\"503\""};
    struct metrics *m = metrics_new(defs, ARRAY_SIZE(defs));
    metrics_labels(m, REQUESTS, sets, 2);
    return m;
}

static char *render(struct metrics *m, struct buf *b)
{
    buf_init(b, 1 << 16);
    assert_int_equal(metrics_render(m, b), 0);
    assert_int_equal(buf_add(b, "", 1), 0);
    return b->p;
}

static void test_metrics_render_adds_shards_up(void **state)
{
    (void)state;
    struct metrics *m = make();
    struct metrics_shard *a = metrics_shard(m);
    struct metrics_shard *b = metrics_shard(m);
    metrics_add(a, REQUESTS, 0, 5);
    metrics_add(b, REQUESTS, 0, 7);
    metrics_add(b, REQUESTS, 1, 1);
    metrics_gauge(m, DEPTH, 0, 42);
    assert_int_equal(metrics_value(m, REQUESTS, 0), 12);
    struct buf out;
    char *text = render(m, &out);
    assert_non_null(strstr(text, "# HELP t_requests_total Requests.\n"
                                 "# TYPE t_requests_total counter\n"
                                 "t_requests_total{route=\"a\",code=\"202\"} 12\n"
                                 "t_requests_total{route=\"a\",code=\"503\"} 1\n"));
    assert_non_null(strstr(text, "# TYPE t_depth gauge\nt_depth 42\n"));
    buf_release(&out);
    metrics_free(m);
}

static void test_metrics_histogram_is_cumulative(void **state)
{
    (void)state;
    struct metrics *m = make();
    struct metrics_shard *s = metrics_shard(m);
    metrics_observe(s, LATENCY, 0, 1000000);     /* 1 ms: on the bound */
    metrics_observe(s, LATENCY, 0, 1000001);     /* just above */
    metrics_observe(s, LATENCY, 0, 90000000000); /* above the last bound */
    metrics_observe(s, LATENCY, 0, -1);
    struct buf out;
    char *text = render(m, &out);
    assert_non_null(strstr(text, "t_latency_seconds_bucket{le=\"0.001\"} 2\n"));
    assert_non_null(strstr(text, "t_latency_seconds_bucket{le=\"0.002\"} 3\n"));
    assert_non_null(strstr(text, "t_latency_seconds_bucket{le=\"60\"} 3\n"));
    assert_non_null(strstr(text, "t_latency_seconds_bucket{le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(text, "t_latency_seconds_sum 90.002000001\n"));
    assert_non_null(strstr(text, "t_latency_seconds_count 4\n"));
    buf_release(&out);
    metrics_free(m);
}

static void test_metrics_render_over_limit_fails(void **state)
{
    (void)state;
    struct metrics *m = make();
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(metrics_render(m, &out), -1);
    buf_release(&out);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_render_adds_shards_up),
        cmocka_unit_test(test_metrics_histogram_is_cumulative),
        cmocka_unit_test(test_metrics_render_over_limit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/routes.h"

static const char SCHEMA[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"x-version\":1,"
    "\"x-device\":\"/d\",\"x-time\":\"/t\",\"type\":\"object\",\"required\":[\"d\",\"t\"],"
    "\"properties\":{\"d\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"t\":{\"type\":\"string\",\"format\":\"date-time\"}}}";

static void test_ingestor_metrics_series_carry_their_labels(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = contract_compile("test", "readings", str_of(SCHEMA), &e);
    assert_non_null(c);
    const struct contract_set set = {&c, 1};
    size_t n = 0;
    const struct route *routes = ingestor_routes(&n);
    struct metrics *m = ingestor_metrics_new(routes, n, &set);
    struct metrics_shard *s = metrics_shard(m);
    metrics_add(s, METRIC_REQUESTS, metrics_request_series(0, 202), 3);
    metrics_add(s, METRIC_REQUESTS, metrics_request_series(n, 404), 4);
    metrics_add(s, METRIC_REQUESTS, metrics_request_series(0, 599), 5);
    metrics_add(s, METRIC_REJECTED, metrics_rejected_series(0, "maximum"), 6);
    metrics_add(s, METRIC_REJECTED, metrics_rejected_series(0, "x-new"), 7);
    metrics_add(s, METRIC_AUTH_FAILURES, AUTH_FAILURE_FORBIDDEN, 8);
    metrics_add(s, METRIC_AUTH_FAILURES, metrics_token_series(JWT_OK + 1), 9);
    metrics_add(s, METRIC_AUTH_FAILURES, metrics_token_series(JWT_REASONS - 1), 10);
    metrics_add(s, METRIC_REJECTED, metrics_rejected_series(0, "device-scope"), 11);
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(metrics_render(m, &out), 0);
    assert_int_equal(buf_add(&out, "", 1), 0);
    static const char *const lines[] = {
        "\ningestor_http_requests_total{route=\"events\",code=\"202\"} 3\n",
        "\ningestor_http_requests_total{route=\"other\",code=\"404\"} 4\n",
        "\ningestor_http_requests_total{route=\"events\",code=\"500\"} 5\n",
        "\ningestor_events_rejected_total{contract=\"readings\",reason=\"maximum\"} 6\n",
        "\ningestor_events_rejected_total{contract=\"readings\",reason=\"other\"} 7\n",
        "\ningestor_events_rejected_total{contract=\"readings\",reason=\"device-scope\"} 11\n",
        "\ningestor_auth_failures_total{reason=\"forbidden\"} 8\n",
        "\ningestor_auth_failures_total{reason=\"no_keys\"} 9\n",
        "\ningestor_auth_failures_total{reason=\"bad_devices\"} 10\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_non_null(strstr(out.p, lines[i]));
    }
    buf_release(&out);
    metrics_free(m);
    contract_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingestor_metrics_series_carry_their_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

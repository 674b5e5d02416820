#include "common/io/health_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/io/admin_http.h"
#include "common/io/listen.h"

static bool ready_as_told(void *arg, struct buf *lines)
{
    const bool *ready = arg;
    return buf_addf(lines, "[%c]kafka\n", *ready ? '+' : '-') == 0 && *ready;
}

static int no_metrics(void *arg, struct buf *out)
{
    (void)arg;
    (void)out;
    return 0;
}

static struct admin_http *start(const char *listen, bool *ready, uint16_t *port)
{
    const struct admin_callbacks cb = {ready_as_told, no_metrics, ready};
    struct err e = {0};
    struct admin_http *h = admin_http_start(listen, &cb, port, &e);
    if (h == NULL) {
        fail_msg("%s", e.text);
    }
    return h;
}

static void test_health_probe_of_a_ready_program_is_0(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "0.0.0.0", "", "localhost"};
    bool ready = true;
    uint16_t port = 0;
    struct admin_http *h = start("127.0.0.1:0", &ready, &port);
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        char listen[64];
        snprintf(listen, sizeof listen, "%s:%u", hosts[i], port);
        struct err e = {0};
        if (health_probe(listen, "/readyz", HEALTH_PROBE_TIMEOUT_MS, &e) != 0) {
            fail_msg("%s: %s", listen, e.text);
        }
    }
    admin_http_stop(h);
}

static void test_health_probe_of_an_unready_program_tells_its_checks(void **state)
{
    (void)state;
    bool ready = false;
    uint16_t port = 0;
    struct admin_http *h = start("127.0.0.1:0", &ready, &port);
    char listen[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    struct err e = {0};
    assert_int_equal(health_probe(listen, "/readyz", HEALTH_PROBE_TIMEOUT_MS, &e), -1);
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "503"));
    assert_non_null(strstr(e.text, "[-]kafka not ready"));
    admin_http_stop(h);
}

static void test_health_probe_without_a_listener_is_unavailable(void **state)
{
    (void)state;
    uint16_t port = 0;
    struct err e = {0};
    int fd = listen_tcp("127.0.0.1:0", false, 1, &port, &e);
    assert_true(fd >= 0);
    close(fd);
    char listen[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    assert_int_equal(health_probe(listen, "/readyz", HEALTH_PROBE_TIMEOUT_MS, &e), -1);
    assert_int_equal(e.code, ERR_UNAVAILABLE);
}

static void test_health_probe_of_a_silent_listener_times_out(void **state)
{
    (void)state;
    uint16_t port = 0;
    struct err e = {0};
    int fd = listen_tcp("127.0.0.1:0", false, 1, &port, &e);
    assert_true(fd >= 0);
    char listen[64];
    snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
    assert_int_equal(health_probe(listen, "/readyz", 20, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    close(fd);
}

static void test_health_probe_of_a_malformed_address_is_a_config_error(void **state)
{
    (void)state;
    static const char *const cases[] = {"8082", "::1:8082", "[::1:8082", "host:http"};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err e = {0};
        assert_int_equal(health_probe(cases[i], "/", HEALTH_PROBE_TIMEOUT_MS, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_probe_of_a_ready_program_is_0),
        cmocka_unit_test(test_health_probe_of_an_unready_program_tells_its_checks),
        cmocka_unit_test(test_health_probe_without_a_listener_is_unavailable),
        cmocka_unit_test(test_health_probe_of_a_silent_listener_times_out),
        cmocka_unit_test(test_health_probe_of_a_malformed_address_is_a_config_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

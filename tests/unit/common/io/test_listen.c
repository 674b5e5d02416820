#include "common/io/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compiler.h"

static void test_listen_tcp_bad_address_is_refused_with_reason(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        const char *reason;
    } cases[] = {
        {"8080", "expected host:port"},      {"127.0.0.1:", "port must be"},
        {"127.0.0.1:-1", "port must be"},    {"127.0.0.1:65536", "port must be"},
        {"127.0.0.1:80x", "port must be"},   {"::1:80", "[address]:port"},
        {"[::1:80", "expected [IPv6]:port"}, {"]:80", "listen on"},
        {"256.256.256.256:80", "listen on"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint16_t port = 0;
        struct err e = {0};
        assert_int_equal(listen_tcp(cases[i].address, false, 1, &port, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, cases[i].reason));
    }
}

static void test_listen_tcp_port_zero_gives_a_port_and_safe_flags(void **state)
{
    (void)state;
    uint16_t port = 0;
    struct err e = {0};
    int fd = listen_tcp("127.0.0.1:0", false, 1, &port, &e);
    assert_true(fd >= 0);
    assert_int_not_equal(port, 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static int listen_again(const char *format_host, uint16_t port, bool share, struct err *e)
{
    char address[64];
    uint16_t got = 0;
    snprintf(address, sizeof address, "%s:%u", format_host, port);
    return listen_tcp(address, share, 1, &got, e);
}

static void test_listen_tcp_second_socket_needs_share(void **state)
{
    (void)state;
    struct err e = {0};
    uint16_t port = 0;
    int first = listen_tcp("127.0.0.1:0", true, 1, &port, &e);
    assert_true(first >= 0);
    int second = listen_again("127.0.0.1", port, true, &e);
    assert_true(second >= 0);
    assert_int_equal(listen_again("127.0.0.1", port, false, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    close(first);
    close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_tcp_bad_address_is_refused_with_reason),
        cmocka_unit_test(test_listen_tcp_port_zero_gives_a_port_and_safe_flags),
        cmocka_unit_test(test_listen_tcp_second_socket_needs_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

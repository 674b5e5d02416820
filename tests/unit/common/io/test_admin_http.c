#include "common/io/admin_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fake {
    bool ready;
    bool metrics_fail;
};

static bool fake_ready(void *arg, struct buf *lines)
{
    const struct fake *f = arg;
    return buf_addf(lines, "[%c]kafka\n", f->ready ? '+' : '-') == 0 && f->ready;
}

static int fake_metrics(void *arg, struct buf *out)
{
    const struct fake *f = arg;
    return f->metrics_fail ? -1 : buf_addf(out, "x_total 1\n");
}

/* One request over loopback; the whole answer as text. */
static void ask(uint16_t port, const char *request_line, char *answer, size_t size)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    char text[256];
    int n = snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
                     request_line);
    assert_int_equal(write(fd, text, (size_t)n), n);
    size_t used = 0;
    ssize_t got = 0;
    while (used + 1 < size && (got = read(fd, answer + used, size - 1 - used)) > 0) {
        used += (size_t)got;
    }
    answer[used] = '\0';
    close(fd);
}

static void test_admin_http_routes_answer_by_table(void **state)
{
    (void)state;
    static const struct {
        struct fake fake;
        const char *request, *status, *text;
    } cases[] = {
        {{true, false}, "GET /livez", "200", "ok\n"},
        {{false, false}, "GET /livez", "200", "ok\n"},
        {{true, false}, "GET /readyz", "200", "\r\n\r\nok\n"},
        {{true, false}, "GET /readyz?verbose", "200", "[+]kafka\nready\n"},
        {{false, false}, "GET /readyz", "503", "[-]kafka\nnot ready\n"},
        {{true, false}, "GET /metrics", "200", "version=0.0.4"},
        {{true, false}, "GET /metrics", "200", "x_total 1\n"},
        {{true, true}, "GET /metrics", "500", "exposition"},
        {{true, false}, "GET /metrics/", "404", "not found"},
        {{true, false}, "DELETE /livez", "405", "Allow: GET, HEAD"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fake f = cases[i].fake;
        const struct admin_callbacks cb = {fake_ready, fake_metrics, &f};
        uint16_t port = 0;
        struct err e = {0};
        struct admin_http *h = admin_http_start("127.0.0.1:0", &cb, &port, &e);
        assert_non_null(h);
        char answer[4096];
        ask(port, cases[i].request, answer, sizeof answer);
        assert_non_null(strstr(answer, cases[i].status));
        assert_non_null(strstr(answer, cases[i].text));
        admin_http_stop(h);
    }
}

static void test_admin_http_start_bad_address_says_why(void **state)
{
    (void)state;
    const struct admin_callbacks cb = {fake_ready, fake_metrics, NULL};
    uint16_t port = 0;
    struct err e = {0};
    assert_null(admin_http_start("nowhere", &cb, &port, &e));
    assert_int_equal(e.code, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admin_http_routes_answer_by_table),
        cmocka_unit_test(test_admin_http_start_bad_address_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

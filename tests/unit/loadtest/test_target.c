#include "loadtest/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static int init(struct target *t, const char *url, struct err *e)
{
    struct target_conf conf = {.url = url,
                               .path = "/v1/events/vehicle-telemetry",
                               .content_type = "application/json",
                               .api_key = "tk_a_b"};
    return target_init(t, &conf, e);
}

static void test_target_init_writes_the_head_of_every_request(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *first_lines;
    } cases[] = {
        {"http://127.0.0.1:8080", "POST /v1/events/vehicle-telemetry HTTP/1.1\r\nHost: "
                                  "127.0.0.1:8080\r\n"},
        {"http://127.0.0.1:8080/", "POST /v1/events/vehicle-telemetry HTTP/1.1\r\n"},
        {"http://[::1]:1/in?atomic=true", "POST /in?atomic=true HTTP/1.1\r\nHost: [::1]:1\r\n"},
        {"HTTP://127.0.0.1", "POST /v1/events/vehicle-telemetry HTTP/1.1\r\nHost: 127.0.0.1\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target t;
        struct err e;
        assert_int_equal(init(&t, cases[i].url, &e), 0);
        assert_memory_equal(t.head, cases[i].first_lines, strlen(cases[i].first_lines));
        assert_memory_equal(t.head + t.head_n - 16, "Content-Length: ", 16);
        assert_non_null(memmem(t.head, t.head_n, "\r\nX-API-Key: tk_a_b\r\n", 21));
        target_release(&t);
    }
}

static void test_target_init_refuses_other_urls(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "127.0.0.1:8080", "https://127.0.0.1", "http://",     "http://:80",
        "http://h:",      "http://h:x",        "http://[::1", "http://h :80",
        "ftp://h",        "http://u@h:1",      "http://h?x",  "http://[::1]x",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct target t;
        struct err e;
        assert_int_equal(init(&t, urls[i], &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        target_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_init_writes_the_head_of_every_request),
        cmocka_unit_test(test_target_init_refuses_other_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

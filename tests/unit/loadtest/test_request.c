#include "loadtest/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void test_request_seal_places_head_and_length_before_any_body(void **state)
{
    (void)state;
    static const char head[] = "POST / HTTP/1.1\r\nContent-Length: ";
    static const size_t sizes[] = {9, 10, 11, 99, 1000, 100, 1, 0, 12345};
    struct request r;
    request_init(&r, sizeof head - 1, 20000);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char expected[256];
        int n = snprintf(expected, sizeof expected, "%s%zu\r\n\r\n", head, sizes[i]);
        memset(request_body(&r), 'x', sizes[i]);
        request_seal(&r, head, sizeof head - 1, request_body(&r) + sizes[i]);
        assert_int_equal(r.end - r.start, (size_t)n + sizes[i]);
        assert_memory_equal(r.memory + r.start, expected, (size_t)n);
        for (size_t k = 0; k < sizes[i]; k++) {
            assert_int_equal(r.memory[r.start + (size_t)n + k], 'x');
        }
    }
    request_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_seal_places_head_and_length_before_any_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

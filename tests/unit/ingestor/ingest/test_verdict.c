#include "ingestor/ingest/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct violations two(void)
{
    struct violations v = {.n = 2};
    v.items[0] = (struct violation){.pointer = "/a/\"b", .code = "maximum", .detail = "x \"y\""};
    v.items[1] = (struct violation){.pointer = "", .code = "required", .detail = "is required"};
    return v;
}

static void test_verdict_add_lists_every_violation(void **state)
{
    (void)state;
    struct buf out;
    struct violations v = two();
    buf_init(&out, 1 << 20);
    assert_int_equal(verdict_add(&out, 3, 0, &v), 0);
    v.n = 1;
    assert_int_equal(verdict_add(&out, 4, 9, &v), 0);
    assert_true(
        str_eq((struct str){out.p, out.n},
               str_of("{\"index\":3,\"pointer\":\"/a/\\\"b\",\"code\":\"maximum\","
                      "\"detail\":\"x \\\"y\\\"\"},"
                      "{\"index\":3,\"pointer\":\"\",\"code\":\"required\","
                      "\"detail\":\"is required\"},"
                      "{\"index\":4,\"line\":9,\"pointer\":\"/a/\\\"b\",\"code\":\"maximum\","
                      "\"detail\":\"x \\\"y\\\"\"}")));
    buf_release(&out);
}

static void test_verdict_add_beyond_full_size_is_short_but_complete(void **state)
{
    (void)state;
    struct buf out;
    struct violations v = two();
    buf_init(&out, 4 << 20);
    size_t i = 0;
    while (out.n < VERDICT_FULL_MAX) {
        assert_int_equal(verdict_add(&out, i++, 0, &v), 0);
    }
    size_t before = out.n;
    assert_int_equal(verdict_add(&out, 7, 0, &v), 0);
    assert_true(str_eq((struct str){out.p + before, out.n - before},
                       str_of(",{\"index\":7,\"code\":\"maximum\"}")));
    buf_release(&out);
}

static void test_verdict_add_full_buffer_fails(void **state)
{
    (void)state;
    struct buf out;
    struct violations v = two();
    buf_init(&out, 40);
    assert_int_equal(verdict_add(&out, 0, 0, &v), -1);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict_add_lists_every_violation),
        cmocka_unit_test(test_verdict_add_beyond_full_size_is_short_but_complete),
        cmocka_unit_test(test_verdict_add_full_buffer_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "common/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/mem.h"

static void test_buf_add_stops_at_limit_and_keeps_content(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_add(&b, "12345", 5), 0);
    assert_int_equal(buf_add(&b, "123456", 6), -1);
    assert_int_equal(buf_add(&b, "67890", 5), 0);
    assert_int_equal(buf_add(&b, "x", 1), -1);
    assert_int_equal(buf_add(&b, "", 0), 0);
    assert_memory_equal(b.p, "1234567890", 10);
    assert_null(buf_reserve(&b, SIZE_MAX));
    buf_release(&b);
}

static void test_buf_addf_grows_past_its_first_guess(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(buf_addf(&b, "%0500d", 7), 0);
    assert_int_equal(b.n, 500);
    assert_int_equal(b.p[499], '7');
    buf_release(&b);

    buf_init(&b, 8);
    assert_int_equal(buf_addf(&b, "%s", "1234567"), 0); /* seven and the terminator fit */
    assert_int_equal(b.n, 7);
    assert_int_equal(buf_addf(&b, "%s", "89"), -1);
    assert_int_equal(b.n, 7);
    buf_release(&b);
}

static void test_buf_add_json_escapes_and_replaces(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        const char *out;
    } cases[] = {
        {"plain", 5, "\"plain\""},
        {"", 0, "\"\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\t\r\b\f", 5, "\"\\n\\t\\r\\b\\f\""},
        {"\x01\x1f", 2, "\"\\u0001\\u001f\""},
        {"\0z", 2, "\"\\u0000z\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\""},
        {"\xf0\x9f\x98\x80!", 5, "\"\xf0\x9f\x98\x80!\""},
        {"a\xff"
         "b",
         3,
         "\"a\xef\xbf\xbd"
         "b\""},                                                         /* no UTF-8 byte */
        {"\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* overlong */
        {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
        {"\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* cut short */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf b;
        buf_init(&b, 256);
        assert_int_equal(buf_add_json(&b, (struct str){cases[i].in, cases[i].n}), 0);
        assert_int_equal(buf_add(&b, "", 1), 0);
        assert_string_equal(b.p, cases[i].out);
        buf_release(&b);
    }
}

static void test_buf_add_json_over_limit_leaves_nothing_behind(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    assert_int_equal(buf_add(&b, "ab", 2), 0);
    assert_int_equal(buf_add_json(&b, str_of("123456")), -1);
    assert_int_equal(b.n, 2);
    buf_release(&b);
}

static void test_buf_take_moves_the_memory_out(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(buf_add(&b, "xyz", 3), 0);
    size_t n = 0;
    char *p = buf_take(&b, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(p, "xyz", 3);
    assert_null(b.p);
    assert_int_equal(b.n, 0);
    mem_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_add_stops_at_limit_and_keeps_content),
        cmocka_unit_test(test_buf_addf_grows_past_its_first_guess),
        cmocka_unit_test(test_buf_add_json_escapes_and_replaces),
        cmocka_unit_test(test_buf_add_json_over_limit_leaves_nothing_behind),
        cmocka_unit_test(test_buf_take_moves_the_memory_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "loadtest/copy_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Two rows of three fields (int2 7, NULL, text "ab"), then the trailer. */
static const uint8_t stream[] = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0,    0,    0, 0, 0, 0, 0,    0,
    0, /* header */
    0,   3,   0,   0,   0,   2,   0,    7,    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2, 'a',  'b',
    0,   3,   0,   0,   0,   2,   0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff};

struct seen {
    int rows;
    int fail_at;
};

static int on_row(void *arg, const struct copy_field *f, struct err *e)
{
    struct seen *s = arg;
    if (s->rows == s->fail_at) {
        err_set(e, ERR_DATA, "stop");
        return -1;
    }
    assert_int_equal(f[0].n, 2);
    assert_int_equal(copy_field_read_int2(f[0].p), s->rows == 0 ? 7 : -2);
    assert_int_equal(f[1].n, -1);
    assert_int_equal(f[2].n, s->rows == 0 ? 2 : 0);
    s->rows++;
    return 0;
}

static void test_copy_reader_feed_in_any_pieces_gives_all_rows(void **state)
{
    (void)state;
    for (size_t step = 1; step <= sizeof stream; step++) {
        struct seen s = {.fail_at = -1};
        struct copy_reader r;
        struct err e;
        copy_reader_init(&r, 3, on_row, &s);
        for (size_t at = 0; at < sizeof stream; at += step) {
            size_t n = sizeof stream - at < step ? sizeof stream - at : step;
            assert_int_equal(copy_reader_feed(&r, stream + at, n, &e), 0);
        }
        assert_int_equal(s.rows, 2);
        assert_true(r.ended);
        copy_reader_release(&r);
    }
}

static void test_copy_reader_feed_of_damaged_streams_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {{0, 'X'}, {15, 0xff}, {20, 4}, {21, 0x80}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[sizeof stream];
        memcpy(bytes, stream, sizeof bytes);
        bytes[cases[i].at] = cases[i].value;
        struct seen s = {.fail_at = -1};
        struct copy_reader r;
        struct err e;
        copy_reader_init(&r, 3, on_row, &s);
        assert_int_equal(copy_reader_feed(&r, bytes, sizeof bytes, &e), -1);
        copy_reader_release(&r);
    }
}

static void test_copy_reader_feed_passes_the_error_of_a_row_on(void **state)
{
    (void)state;
    struct seen s = {.fail_at = 1};
    struct copy_reader r;
    struct err e;
    copy_reader_init(&r, 3, on_row, &s);
    assert_int_equal(copy_reader_feed(&r, stream, sizeof stream, &e), -1);
    assert_string_equal(e.text, "stop");
    copy_reader_release(&r);
}

static void test_copy_field_read_takes_big_endian(void **state)
{
    (void)state;
    static const uint8_t p[] = {0x80, 0, 0, 0, 0, 0, 0, 1};
    assert_int_equal(copy_field_read_int2(p), INT16_MIN);
    assert_int_equal(copy_field_read_int4(p), INT32_MIN);
    assert_true(copy_field_read_int8(p) == INT64_MIN + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_reader_feed_in_any_pieces_gives_all_rows),
        cmocka_unit_test(test_copy_reader_feed_of_damaged_streams_is_refused),
        cmocka_unit_test(test_copy_reader_feed_passes_the_error_of_a_row_on),
        cmocka_unit_test(test_copy_field_read_takes_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

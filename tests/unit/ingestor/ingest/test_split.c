#include "ingestor/ingest/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/random.h"

/* All pieces as "<a><b>", then END or BROKEN. */
static void cut(bool lines, const char *text, char *out, size_t size)
{
    struct split s;
    struct str event = {0};
    enum split_rc rc = SPLIT_END;
    size_t n = 0;
    if (lines) {
        split_lines_begin(&s, str_of(text));
    } else {
        split_array_begin(&s, str_of(text));
    }
    out[0] = '\0';
    while ((rc = lines ? split_lines_next(&s, &event) : split_array_next(&s, &event)) ==
           SPLIT_EVENT) {
        n += (size_t)snprintf(out + n, size - n, "<%.*s>", (int)event.n, event.p);
        assert_true(n < size);
    }
    snprintf(out + n, size - n, "%s", rc == SPLIT_END ? "END" : "BROKEN");
}

struct sample {
    const char *text, *pieces;
};

static void check(bool lines, const struct sample *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char out[512];
        cut(lines, cases[i].text, out, sizeof out);
        assert_string_equal(out, cases[i].pieces);
    }
}

static void test_split_array_text_gives_elements(void **state)
{
    (void)state;
    static const struct sample cases[] = {
        {"[]", "END"},
        {" [ ] ", "END"},
        {"[{}]", "<{}>END"},
        {"[{},{}]", "<{}><{}>END"},
        {" \n[ {\"a\":1} ,\t{\"b\":[1,2]} ]\r\n", "<{\"a\":1}><{\"b\":[1,2]}>END"},
        {"[1,\"x\",null,[2,3],true]", "<1><\"x\"><null><[2,3]><true>END"},
        {"[{\"a\":\"]},{\"},{\"b\":\"[\\\"\"}]", "<{\"a\":\"]},{\"}><{\"b\":\"[\\\"\"}>END"},
        {"[{\"a\":\"\\\\\"},{\"b\":1}]", "<{\"a\":\"\\\\\"}><{\"b\":1}>END"},
        {"[[[[]]],{\"a\":{\"b\":{}}}]", "<[[[]]]><{\"a\":{\"b\":{}}}>END"},
        {"[{\"a\":1,\"b\":2}]", "<{\"a\":1,\"b\":2}>END"},
    };
    check(false, cases, ARRAY_SIZE(cases));
}

static void test_split_array_broken_text_is_told(void **state)
{
    (void)state;
    static const struct sample cases[] = {
        {"", "BROKEN"},          {"{}", "BROKEN"},           {"[", "BROKEN"},
        {"[{}", "BROKEN"},       {"[{}}", "BROKEN"},         {"[,]", "BROKEN"},
        {"[{},]", "<{}>BROKEN"}, {"[{},,{}]", "<{}>BROKEN"}, {"[{}] x", "<{}>BROKEN"},
        {"[] []", "BROKEN"},     {"[\"a]", "BROKEN"},        {"[\"a\\", "BROKEN"},
        {"[\"a\\\"]", "BROKEN"}, {"[{]", "BROKEN"},          {"[1}", "BROKEN"},
    };
    check(false, cases, ARRAY_SIZE(cases));
}

static void test_split_lines_text_gives_lines(void **state)
{
    (void)state;
    static const struct sample cases[] = {
        {"", "END"},
        {"\n\r\n  \n", "END"},
        {"{}", "<{}>END"},
        {"{}\n", "<{}>END"},
        {"{\"a\":1}\r\n{\"b\":2}\r\n", "<{\"a\":1}><{\"b\":2}>END"},
        {"{}\n\n\n{}", "<{}><{}>END"},
        {"  {} \t\n\t{ } ", "<{}><{ }>END"},
        {"{\"a\":\"\\n\"}\n[", "<{\"a\":\"\\n\"}><[>END"},
    };
    check(true, cases, ARRAY_SIZE(cases));
}

static void test_split_lines_number_counts_empty_ones(void **state)
{
    (void)state;
    struct split s;
    struct str event;
    split_lines_begin(&s, str_of("\n{}\n\n\n{}\n"));
    assert_int_equal(split_lines_next(&s, &event), SPLIT_EVENT);
    assert_int_equal(s.line, 2);
    assert_int_equal(split_lines_next(&s, &event), SPLIT_EVENT);
    assert_int_equal(s.line, 5);
    assert_int_equal(split_lines_next(&s, &event), SPLIT_END);
}

static void test_split_is_array_looks_behind_white_space(void **state)
{
    (void)state;
    assert_true(split_is_array(str_of(" \r\n\t[")));
    assert_false(split_is_array(str_of("{[")));
    assert_false(split_is_array(str_of("  ")));
    assert_false(split_is_array(str_of("")));
}

static void add(struct buf *b, const char *text)
{
    assert_int_equal(buf_add_str(b, str_of(text)), 0);
}

static void random_string(struct rng *r, struct buf *out)
{
    static const char *const bits[] = {"\\\"", "[", "]", "{", "}", ",", "\\\\", "x", "\\u005d"};
    add(out, "\"");
    for (uint64_t i = rng_below(r, 8); i > 0; i--) {
        add(out, bits[rng_below(r, ARRAY_SIZE(bits))]);
    }
    add(out, "\"");
}

/* A JSON value with many brackets, quotes and escapes inside strings. */
static void random_value(struct rng *r, struct buf *out, int depth)
{
    uint64_t kind = rng_below(r, depth > 0 ? 4 : 2);
    if (kind == 0) {
        add(out, "17");
        return;
    }
    if (kind == 1) {
        random_string(r, out);
        return;
    }
    bool object = kind == 2;
    add(out, object ? "{" : "[");
    for (uint64_t i = 0, n = rng_below(r, 4); i < n; i++) {
        add(out, i > 0 ? "," : "");
        add(out, object ? "\"k]\":" : "");
        random_value(r, out, depth - 1);
    }
    add(out, object ? "}" : "]");
}

#define VALUES 8

static void test_split_array_random_values_come_back_whole(void **state)
{
    (void)state;
    struct rng r;
    struct buf text;
    rng_seed(&r, 7);
    buf_init(&text, (size_t)1 << 20);
    for (int round = 0; round < 2000; round++) {
        size_t begin[VALUES];
        size_t end[VALUES];
        size_t n = rng_below(&r, VALUES) + 1;
        buf_reset(&text);
        add(&text, "[");
        for (size_t i = 0; i < n; i++) {
            add(&text, i > 0 ? "," : "");
            begin[i] = text.n;
            random_value(&r, &text, 4);
            end[i] = text.n;
            add(&text, rng_below(&r, 2) == 0 ? " " : "");
        }
        add(&text, "]");
        struct split s;
        struct str event;
        split_array_begin(&s, (struct str){text.p, text.n});
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(split_array_next(&s, &event), SPLIT_EVENT);
            assert_ptr_equal(event.p, text.p + begin[i]);
            assert_int_equal(event.n, end[i] - begin[i]);
        }
        assert_int_equal(split_array_next(&s, &event), SPLIT_END);
    }
    buf_release(&text);
}

static void test_split_array_every_prefix_is_broken_and_stays_inside(void **state)
{
    (void)state;
    static const char text[] = "[{\"a\":\"\\\"]\"},[1,{\"b\":\"\\\\\"}], \"x,\\\"y\" ,3]";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        struct split s;
        struct str event;
        enum split_rc rc = SPLIT_EVENT;
        split_array_begin(&s, (struct str){text, n});
        while ((rc = split_array_next(&s, &event)) == SPLIT_EVENT) {
            assert_true(event.p >= text && event.p + event.n <= text + n);
        }
        assert_int_equal(rc, SPLIT_BROKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_array_text_gives_elements),
        cmocka_unit_test(test_split_array_broken_text_is_told),
        cmocka_unit_test(test_split_lines_text_gives_lines),
        cmocka_unit_test(test_split_lines_number_counts_empty_ones),
        cmocka_unit_test(test_split_is_array_looks_behind_white_space),
        cmocka_unit_test(test_split_array_random_values_come_back_whole),
        cmocka_unit_test(test_split_array_every_prefix_is_broken_and_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

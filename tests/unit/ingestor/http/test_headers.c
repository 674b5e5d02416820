#include "ingestor/http/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct field {
    const char *name, *value;
};

/* The fault of a header block, NULL when it is sane. */
static const char *fault_of(const char *version, const struct field *fields)
{
    static struct headers h;
    headers_begin(&h);
    for (size_t i = 0; fields[i].name != NULL; i++) {
        headers_add(&h, str_of(fields[i].name), str_of(fields[i].value));
    }
    headers_end(&h, version);
    return h.fault;
}

static void test_headers_end_sane_block_has_no_fault(void **state)
{
    (void)state;
    static const struct field cases[][5] = {
        {{"Host", "x"}},
        {{"host", "x"}, {"CONTENT-LENGTH", "0"}, {"Accept", "*/*"}, {"Accept", "text/html"}},
        {{"Host", "x"}, {"Transfer-Encoding", "chunked"}},
        {{"Host", "x"}, {"transfer-encoding", "Chunked"}, {"X-Tab", "a\tb"}},
        {{"Host", "x"}, {"X-Empty", ""}, {"X-Utf8", "\xc3\xa4"}},
        {{"Host", "x"}, {"Content-Length", "999999999999999999"}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_null(fault_of("HTTP/1.1", cases[i]));
    }
    static const struct field none[] = {{NULL, NULL}};
    assert_null(fault_of("HTTP/1.0", none));
}

static void test_headers_end_ambiguous_block_is_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        struct field fields[4];
        const char *fault;
    } cases[] = {
        {"HTTP/1.1",
         {{"Host", "x"}, {"Content-Length", "1"}, {"Content-Length", "1"}},
         "two Content-Length"},
        {"HTTP/1.1",
         {{"Host", "x"}, {"Content-Length", "1"}, {"content-length", "2"}},
         "two Content-Length"},
        {"HTTP/1.1",
         {{"Host", "x"}, {"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}},
         "together"},
        {"HTTP/1.1", {{"Host", "x"}, {"Transfer-Encoding", "gzip, chunked"}}, "not chunked"},
        {"HTTP/1.1", {{"Host", "x"}, {"Transfer-Encoding", "xchunked"}}, "not chunked"},
        {"HTTP/1.1", {{"Host", "x"}, {"Transfer-Encoding", ""}}, "not chunked"},
        {"HTTP/1.1",
         {{"Host", "x"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
         "twice"},
        {"HTTP/1.0", {{"Transfer-Encoding", "chunked"}}, "HTTP/1.0"},
        {"HTTP/1.1", {{"Host", "x"}, {"Host", "y"}}, "twice"},
        {"HTTP/1.1", {{"Host", "x"}, {"Authorization", "a"}, {"Authorization", "b"}}, "twice"},
        {"HTTP/1.1", {{"Host", "x"}, {"X-API-Key", "a"}, {"X-API-Key", "b"}}, "twice"},
        {"HTTP/1.1", {{NULL, NULL}}, "Host is missing"},
        {"HTTP/1.2", {{"Host", "x"}}, "version"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length ", "5"}}, "no token"},
        {"HTTP/1.1", {{"Host", "x"}, {"", "v"}}, "no token"},
        {"HTTP/1.1", {{"Host", "x"}, {"X A", "v"}}, "no token"},
        {"HTTP/1.1", {{"Host", "x"}, {"X-A", "a\rb"}}, "control byte"},
        {"HTTP/1.1", {{"Host", "x"}, {"X-A", "a\nb"}}, "control byte"},
        {"HTTP/1.1", {{"Host", "x"}, {"X-A", "\x7f"}}, "control byte"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length", "+5"}}, "not a number"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length", "0x5"}}, "not a number"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length", "5, 5"}}, "not a number"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length", ""}}, "not a number"},
        {"HTTP/1.1", {{"Host", "x"}, {"Content-Length", "1000000000000000000"}}, "not a number"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *fault = fault_of(cases[i].version, cases[i].fields);
        assert_non_null(fault);
        assert_non_null(strstr(fault, cases[i].fault));
    }
}

static void test_headers_add_nul_inside_a_value_is_a_fault(void **state)
{
    (void)state;
    struct headers h;
    headers_begin(&h);
    headers_add(&h, str_of("X-A"), (struct str){"a\0b", 3});
    assert_non_null(h.fault);
}

static void test_headers_add_every_byte_at_every_place_is_judged(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        for (size_t at = 0; at < 19; at++) {
            char value[19];
            struct headers h;
            memset(value, '~', sizeof value);
            value[at] = (char)c;
            headers_begin(&h);
            headers_add(&h, str_of("X-A"), (struct str){value, sizeof value});
            assert_int_equal(h.fault != NULL, control);
        }
    }
}

static void test_headers_values_are_kept(void **state)
{
    (void)state;
    struct headers h;
    headers_begin(&h);
    headers_add(&h, str_of("host"), str_of("x"));
    headers_add(&h, str_of("content-length"), str_of("042"));
    headers_add(&h, str_of("x-request-ID"), str_of("r1"));
    headers_add(&h, str_of("Expect"), (struct str){NULL, 0});
    headers_end(&h, "HTTP/1.1");
    assert_null(h.fault);
    assert_int_equal(h.content_length, 42);
    assert_true(str_eq(h.values[HEADER_REQUEST_ID], str_of("r1")));
    assert_true(headers_has(&h, HEADER_EXPECT));
    assert_false(headers_has(&h, HEADER_AUTHORIZATION));
}

static void test_headers_body_may_exceed_knows_chunked_and_length(void **state)
{
    (void)state;
    struct headers h;
    headers_begin(&h);
    assert_false(headers_body_may_exceed(&h, 0));
    headers_add(&h, str_of("Content-Length"), str_of("10"));
    assert_false(headers_body_may_exceed(&h, 10));
    assert_true(headers_body_may_exceed(&h, 9));
    headers_begin(&h);
    headers_add(&h, str_of("Transfer-Encoding"), str_of("chunked"));
    assert_true(headers_body_may_exceed(&h, 1000000));
}

static void test_headers_media_type_ignores_case_and_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool same;
    } cases[] = {
        {"application/json", true},
        {"Application/JSON", true},
        {"application/json; charset=x", true},
        {"application/json ;charset=x", true},
        {"application/json;", true},
        {"application/jsonx", false},
        {"application/", false},
        {"", false},
        {"application/json, text/plain", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(headers_media_type(str_of(cases[i].value), "application/json"),
                         cases[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_end_sane_block_has_no_fault),
        cmocka_unit_test(test_headers_end_ambiguous_block_is_a_fault),
        cmocka_unit_test(test_headers_add_nul_inside_a_value_is_a_fault),
        cmocka_unit_test(test_headers_add_every_byte_at_every_place_is_judged),
        cmocka_unit_test(test_headers_values_are_kept),
        cmocka_unit_test(test_headers_body_may_exceed_knows_chunked_and_length),
        cmocka_unit_test(test_headers_media_type_ignores_case_and_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

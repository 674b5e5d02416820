#include "common/contract/json.h"

#include "tests/unit/common/contract/fixture.h"

static int parse(struct json_parser *p, const char *bytes, size_t n, struct json_doc *doc,
                 struct err *e)
{
    static char padded[FIXTURE_MAX + JSON_PADDING];
    assert_true(n <= FIXTURE_MAX);
    memcpy(padded, bytes, n);
    memset(padded + n, '"', JSON_PADDING); /* what stands behind the text must not matter */
    return json_parse(p, padded, n, doc, e);
}

static const struct {
    const char *text;
    size_t n; /* 0: up to the terminator */
    bool good;
} cases[] = {
    {"{}", 0, true},
    {" {\"a\":1} \n", 0, true},
    {"{\"a\":-9223372036854775808}", 0, true},
    {"{\"a\":9223372036854775807}", 0, true},
    {"{\"a\":9223372036854775808}", 0, false},
    {"{\"a\":-9223372036854775809}", 0, false},
    {"{\"a\":18446744073709551616}", 0, false},
    {"{\"a\":1e308}", 0, true},
    {"{\"a\":1e400}", 0, false},
    {"{\"a\":1e-400}", 0, true}, /* reads as 0 */
    {"{\"a\":NaN}", 0, false},
    {"{\"a\":Infinity}", 0, false},
    {"{\"a\":01}", 0, false},
    {"{\"a\":+1}", 0, false},
    {"{\"a\":1.}", 0, false},
    {"{\"a\":.5}", 0, false},
    {"{\"a\":tru}", 0, false},
    {"{\"a\":1,}", 0, false},
    {"{\"a\":[1,]}", 0, false},
    {"{a:1}", 0, false},
    {"{'a':1}", 0, false},
    {"{\"a\":1}/**/", 0, false},
    {"\xef\xbb\xbf{}", 0, false}, /* byte order mark */
    {"[]", 0, false},
    {"1", 0, false},
    {"\"a\"", 0, false},
    {"", 0, false},
    {"   ", 0, false},
    {"{}{}", 0, false},
    {"{\"a\":\"\\u0000\"}", 0, false},
    {"{\"\\u0000\":1}", 0, false},
    {"{\"a\":\"x\0y\"}", 11, false},
    {"{\"a\":1\0}", 8, false},
    {"{\"a\":1}\0", 8, false},
    {"{\"a\":\"\\ud83d\\ude00\"}", 0, true},
    {"{\"a\":\"\\ud83d\"}", 0, false},
    {"{\"a\":\"\\ude00\\ud83d\"}", 0, false},
    {"{\"a\":\"\xff\"}", 0, false},
    {"{\"a\":\"\xc0\x80\"}", 0, false},
    {"{\"a\":\"\xed\xa0\x80\"}", 0, false},
    {"{\"a\":\"\xf4\x90\x80\x80\"}", 0, false},
    {"{\"a\":\"\t\"}", 0, false}, /* raw control character */
    {"{\"a\":\"\\x41\"}", 0, false},
    {"{\"a\":1,\"a\":2}", 0, false},
    {"{\"a\":1,\"\\u0061\":2}", 0, false},
    {"{\"o\":{\"b\":1,\"c\":2,\"b\":3}}", 0, false},
    {"{\"a\":1,\"o\":{\"a\":1}}", 0, true},
    {"{\"\":1}", 0, true},
};

static void test_json_parse_rules(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_new(FIXTURE_MAX);
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct json_doc doc;
        struct err e = {0};
        size_t n = cases[i].n != 0 ? cases[i].n : strlen(cases[i].text);
        int rc = parse(p, cases[i].text, n, &doc, &e);
        if ((rc == 0) != cases[i].good) {
            print_error("%s: %s\n", cases[i].text, rc == 0 ? "taken" : e.text);
            wrong++;
        }
        if (rc != 0 && (e.code != ERR_INVALID || e.text[0] == '\0')) {
            print_error("%s: error without code or text\n", cases[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    json_parser_free(p);
}

static void test_json_parse_depth_edge(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_new(FIXTURE_MAX);
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        char text[512] = "{\"a\":";
        size_t n = 5;
        for (size_t i = 1; i < depth; i++) {
            text[n++] = '[';
        }
        for (size_t i = 1; i < depth; i++) {
            text[n++] = ']';
        }
        text[n++] = '}';
        struct json_doc doc;
        struct err e = {0};
        assert_int_equal(parse(p, text, n, &doc, &e), depth == JSON_DEPTH_MAX ? 0 : -1);
    }
    json_parser_free(p);
}

static void test_json_parse_keys_edge(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_new(FIXTURE_MAX);
    for (int keys = JSON_KEYS_MAX; keys <= JSON_KEYS_MAX + 1; keys++) {
        static char text[FIXTURE_MAX];
        size_t n = 1;
        text[0] = '{';
        for (int i = 0; i < keys; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\"k%d\":%d", i == 0 ? "" : ",", i,
                                  i);
        }
        text[n++] = '}';
        struct json_doc doc;
        struct err e = {0};
        assert_int_equal(parse(p, text, n, &doc, &e), keys == JSON_KEYS_MAX ? 0 : -1);
    }
    json_parser_free(p);
}

/* Duplicates must be found wherever they stand among many keys. */
static void test_json_parse_finds_any_duplicate_pair(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_new(FIXTURE_MAX);
    enum { KEYS = 40 };
    for (int twin = 0; twin < KEYS - 1; twin++) {
        static char text[FIXTURE_MAX];
        size_t n = 1;
        text[0] = '{';
        for (int i = 0; i < KEYS; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%s\"key%d\":1", i == 0 ? "" : ",",
                                  i == KEYS - 1 ? twin : i);
        }
        text[n++] = '}';
        struct json_doc doc;
        struct err e = {0};
        assert_int_equal(parse(p, text, n, &doc, &e), -1);
    }
    json_parser_free(p);
}

static void test_json_parse_over_max_bytes_is_a_limit(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_new(8);
    struct json_doc doc;
    struct err e = {0};
    assert_int_equal(parse(p, "{\"a\":12}", 8, &doc, &e), 0);
    assert_int_equal(parse(p, "{\"a\":123}", 9, &doc, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    json_parser_free(p);
}

static void test_json_write_gives_the_same_values_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\":52.52,\"b\":-0.1,\"c\":1e+30,\"d\":123456789012345680}",
        "{\"s\":\"q\\\"\\\\\xc3\xa9\\u001f\",\"n\":null,\"t\":true,\"f\":false}",
        "{\"a\":[1,[2,{\"x\":[]}],{}],\"e\":\"\"}",
    };
    struct json_parser *p = json_parser_new(FIXTURE_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct json_doc doc;
        struct err e = {0};
        assert_int_equal(parse(p, texts[i], strlen(texts[i]), &doc, &e), 0);
        struct buf out;
        buf_init(&out, 1000);
        assert_int_equal(json_write(&doc, 0, &out), 0);
        assert_int_equal(buf_add(&out, "", 1), 0);
        assert_string_equal(out.p, texts[i]);
        buf_release(&out);
    }
    json_parser_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_parse_rules),
        cmocka_unit_test(test_json_parse_depth_edge),
        cmocka_unit_test(test_json_parse_keys_edge),
        cmocka_unit_test(test_json_parse_finds_any_duplicate_pair),
        cmocka_unit_test(test_json_parse_over_max_bytes_is_a_limit),
        cmocka_unit_test(test_json_write_gives_the_same_values_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

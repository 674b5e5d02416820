#include "common/contract/violation.h"

#include "tests/unit/common/contract/fixture.h"

/* Validates one event of a contract; the code of the first violation, or NULL. */
static const char *judge(const struct contract *c, struct str text, struct violations *out)
{
    struct validator *v = validator_new(FIXTURE_MAX);
    struct event ev;
    int rc = event_validate(v, c, text.p, text.n, &ev, out);
    assert_true((rc == 0) == (out->n == 0));
    validator_free(v);
    return rc == 0 ? NULL : out->items[0].code;
}

static void test_violation_add_stops_at_ten(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"v\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "", &e);
    struct violations out;
    struct str text =
        fixture_event(",\"v\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]");
    assert_string_equal(judge(c, text, &out), "type");
    assert_int_equal(out.n, EVENT_VIOLATIONS_MAX);
    assert_string_equal(out.items[0].pointer, "/v/0");
    assert_string_equal(out.items[9].pointer, "/v/9");
    contract_free(c);
}

static void test_violation_of_pii_does_not_show_the_value(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"v\":{\"type\":\"number\",\"maximum\":5,\"x-pii\":true},"
                         "\"s\":{\"enum\":[\"a\"],\"x-pii\":true}",
                         "", &e);
    assert_non_null(c);
    struct violations out;
    assert_non_null(judge(c, fixture_event(",\"v\":7654321,\"s\":\"7654321\""), &out));
    assert_int_equal(out.n, 2);
    for (size_t i = 0; i < out.n; i++) {
        assert_null(strstr(out.items[i].detail, "7654321"));
    }
    contract_free(c);
}

static void test_violation_inside_a_pii_object_does_not_show_the_value(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract(
        "\"p\":{\"$ref\":\"#/$defs/place\",\"x-pii\":true}",
        ",\"$defs\":{\"place\":{\"type\":\"object\",\"properties\":{\"lat\":{\"type\":\"number\","
        "\"maximum\":90,\"x-column\":\"float8\"}}}}",
        &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    size_t n;
    assert_true(contract_columns(c, &n)[0].pii);
    struct violations out;
    assert_string_equal(judge(c, fixture_event(",\"p\":{\"lat\":91.25}"), &out), "maximum");
    assert_string_equal(out.items[0].detail, "must be at most 90");
    contract_free(c);
}

static void test_violation_pointer_is_cut_between_code_points(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract("\"v\":{\"type\":\"object\",\"properties\":{},"
                                          "\"additionalProperties\":false}",
                                          "", &e);
    assert_non_null(c);
    char rest[1024] = ",\"v\":{\"";
    while (strlen(rest) < 600) {
        (void)strncat(rest, "\xc3\xa9", 3); /* two bytes each: 255 would split one */
    }
    (void)strncat(rest, "\":1}", 5);
    struct violations out;
    assert_string_equal(judge(c, fixture_event(rest), &out), "additionalProperties");
    const char *pointer = out.items[0].pointer;
    size_t n = strlen(pointer);
    assert_true(n > 240 && n < sizeof out.items[0].pointer);
    assert_memory_equal(pointer, "/v/\xc3\xa9", 5);
    assert_memory_equal(pointer + n - 5, "\xc3\xa9\xe2\x80\xa6", 5);
    contract_free(c);
}

/* schema of v, value, and the whole text of the first violation */
static const struct {
    const char *schema;
    const char *value;
    const char *detail;
} details[] = {
    {"{\"type\":\"number\",\"maximum\":100}", "100.5", "must be at most 100 (is 100.5)"},
    {"{\"type\":\"number\",\"exclusiveMinimum\":0.5}", "0.5", "must be above 0.5 (is 0.5)"},
    {"{\"type\":[\"integer\",\"null\"]}", "1.5", "must be integer or null, is not whole"},
    {"{\"type\":\"number\"}", "\"a\"", "must be number, is string"},
    {"{\"type\":\"string\",\"minLength\":3}", "\"\xc3\xa9\"",
     "must have at least 3 characters (has 1)"},
    {"{\"type\":\"array\",\"maxItems\":1}", "[1,2]", "must have at most 1 items (has 2)"},
    {"{\"enum\":[\"a\",1,2.5,null,false]}", "2", "must be one of \"a\", 1, 2.5, null, false"},
    {"{\"const\":\"a\"}", "2", "must be \"a\""},
    {"{\"type\":\"string\",\"pattern\":\"^a$\"}", "\"b\"", "does not match ^a$"},
    {"{\"type\":\"string\",\"format\":\"ipv4\"}", "\"b\"", "must have the format ipv4"},
    {"{\"type\":\"integer\",\"x-column\":\"int2\"}", "40000",
     "does not fit the column's type (is 40000)"},
};

static void test_violation_details(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
        char properties[512];
        char rest[512];
        struct err e = {0};
        struct violations out;
        (void)snprintf(properties, sizeof properties, "\"v\":%s", details[i].schema);
        (void)snprintf(rest, sizeof rest, ",\"v\":%s", details[i].value);
        struct contract *c = fixture_contract(properties, "", &e);
        assert_non_null(c);
        assert_non_null(judge(c, fixture_event(rest), &out));
        assert_string_equal(out.items[0].detail, details[i].detail);
        assert_string_equal(out.items[0].pointer, "/v");
        contract_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_violation_add_stops_at_ten),
        cmocka_unit_test(test_violation_of_pii_does_not_show_the_value),
        cmocka_unit_test(test_violation_inside_a_pii_object_does_not_show_the_value),
        cmocka_unit_test(test_violation_pointer_is_cut_between_code_points),
        cmocka_unit_test(test_violation_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/common/contract/fixture.h"

struct version {
    const char *property; /* v */
    const char *extra;
};

static const struct {
    struct version older, newer;
    enum contract_change change;
} cases[] = {
    {{"{\"type\":\"integer\"}", ""}, {"{\"type\":\"integer\"}", ""}, CONTRACT_SAME},
    {{"{\"type\":\"integer\"}", ""},
     {"{\"type\":\"integer\",\"description\":\"d\"}", ""},
     CONTRACT_SAME},
    {{"{\"type\":\"integer\"}", ""}, {"{\"type\":\"number\"}", ""}, CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\"}", ""}, {"{\"type\":\"integer\"}", ""}, CONTRACT_BREAKING},
    {{"{\"type\":\"integer\"}", ""},
     {"{\"type\":[\"integer\",\"null\"]}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":[\"integer\",\"null\"]}", ""}, {"{\"type\":\"integer\"}", ""}, CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"maximum\":5}", ""},
     {"{\"type\":\"number\",\"maximum\":6}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"maximum\":5}", ""},
     {"{\"type\":\"number\",\"maximum\":4}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\"}", ""}, {"{\"type\":\"number\",\"minimum\":0}", ""}, CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"minimum\":0}", ""},
     {"{\"type\":\"number\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"enum\":[\"a\"]}", ""}, {"{\"enum\":[\"a\",\"b\"]}", ""}, CONTRACT_COMPATIBLE},
    {{"{\"enum\":[\"a\",\"b\"]}", ""}, {"{\"enum\":[\"a\"]}", ""}, CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"maxLength\":5}", ""},
     {"{\"type\":\"string\",\"maxLength\":4}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"pattern\":\"a\"}", ""},
     {"{\"type\":\"string\",\"pattern\":\"b\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\",\"format\":\"uuid\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\"}", ""},
     {"{\"type\":\"number\",\"x-column\":\"real\"}", ""},
     CONTRACT_COMPATIBLE}, /* columns only added */
    {{"{\"type\":\"number\"}", ""},
     {"{\"type\":\"number\",\"x-column\":\"float8\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-column\":\"real\"}", ""},
     {"{\"type\":\"number\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"integer\",\"x-column\":\"int4\"}", ""},
     {"{\"type\":\"integer\",\"x-column\":\"int8\"}", ""},
     CONTRACT_BREAKING}, /* the table's column would have to be rewritten */
    {{"{}", ""}, {"{}", ",\"x-topic\":\"other\""}, CONTRACT_BREAKING},
    {{"{}", ""}, {"{}", ",\"x-table\":\"other\""}, CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\"}", ",\"x-event-id\":\"/v\""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"minimum\":1}", ""},
     {"{\"type\":\"number\",\"minimum\":0.5}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"minimum\":0.5}", ""},
     {"{\"type\":\"number\",\"minimum\":1}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"exclusiveMinimum\":1}", ""},
     {"{\"type\":\"number\",\"exclusiveMinimum\":0}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"exclusiveMinimum\":0}", ""},
     {"{\"type\":\"number\",\"exclusiveMinimum\":1}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"exclusiveMaximum\":1}", ""},
     {"{\"type\":\"number\",\"exclusiveMaximum\":2}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"exclusiveMaximum\":2}", ""},
     {"{\"type\":\"number\",\"exclusiveMaximum\":1}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\"}", ""},
     {"{\"type\":\"number\",\"exclusiveMaximum\":2}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"number\",\"exclusiveMaximum\":2}", ""},
     {"{\"type\":\"number\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"integer\",\"maximum\":9223372036854775806}", ""},
     {"{\"type\":\"integer\",\"maximum\":9223372036854775807}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"integer\",\"maximum\":9223372036854775807}", ""},
     {"{\"type\":\"integer\",\"maximum\":9223372036854775806}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"integer\",\"multipleOf\":10}", ""},
     {"{\"type\":\"integer\",\"multipleOf\":5}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"integer\",\"multipleOf\":5}", ""},
     {"{\"type\":\"integer\",\"multipleOf\":10}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"integer\"}", ""},
     {"{\"type\":\"integer\",\"multipleOf\":5}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"integer\",\"multipleOf\":5}", ""},
     {"{\"type\":\"integer\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"integer\",\"multipleOf\":4}", ""},
     {"{\"type\":\"integer\",\"multipleOf\":6}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"integer\",\"multipleOf\":6}", ""},
     {"{\"type\":\"integer\",\"multipleOf\":4}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"minLength\":2}", ""},
     {"{\"type\":\"string\",\"minLength\":1}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"string\",\"minLength\":1}", ""},
     {"{\"type\":\"string\",\"minLength\":2}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\",\"maxLength\":1}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"maxLength\":1}", ""},
     {"{\"type\":\"string\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\",\"pattern\":\"a\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"pattern\":\"a\"}", ""},
     {"{\"type\":\"string\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"string\",\"format\":\"ipv4\"}", ""},
     {"{\"type\":\"string\",\"format\":\"ipv6\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"format\":\"ipv6\"}", ""},
     {"{\"type\":\"string\",\"format\":\"ipv4\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\",\"enum\":[\"a\"]}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"enum\":[\"a\"]}", ""},
     {"{\"type\":\"string\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"string\",\"enum\":[\"a\"]}", ""},
     {"{\"type\":\"string\",\"enum\":[\"b\"]}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"enum\":[\"b\"]}", ""},
     {"{\"type\":\"string\",\"enum\":[\"a\"]}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""},
     {"{\"type\":\"string\",\"const\":\"a\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"const\":\"a\"}", ""},
     {"{\"type\":\"string\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"string\",\"const\":\"a\"}", ""},
     {"{\"type\":\"string\",\"const\":\"b\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"string\",\"const\":\"b\"}", ""},
     {"{\"type\":\"string\",\"const\":\"a\"}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"array\",\"minItems\":2}", ""},
     {"{\"type\":\"array\",\"minItems\":1}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"array\",\"minItems\":1}", ""},
     {"{\"type\":\"array\",\"minItems\":2}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"array\",\"maxItems\":2}", ""},
     {"{\"type\":\"array\",\"maxItems\":3}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"array\",\"maxItems\":3}", ""},
     {"{\"type\":\"array\",\"maxItems\":2}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"array\"}", ""},
     {"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", ""},
     {"{\"type\":\"array\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", ""},
     {"{\"type\":\"array\",\"items\":{\"type\":\"number\"}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"array\",\"items\":{\"type\":\"number\"}}", ""},
     {"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"object\"}", ""},
     {"{\"type\":\"object\",\"additionalProperties\":false}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"object\",\"additionalProperties\":false}", ""},
     {"{\"type\":\"object\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}", ""},
     {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"}}}", ""},
     {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"object\",\"properties\":{\"a\":{}}}", ""},
     {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\"]}", ""},
     CONTRACT_BREAKING},
    {{"{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\"]}", ""},
     {"{\"type\":\"object\",\"properties\":{\"a\":{}}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"object\"}", ""},
     {"{\"type\":\"object\",\"properties\":{\"a\":{}}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"object\",\"properties\":{\"a\":{}}}", ""},
     {"{\"type\":\"object\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{}", ""}, {"{\"type\":\"string\"}", ""}, CONTRACT_BREAKING},
    {{"{\"type\":\"string\"}", ""}, {"{}", ""}, CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-pii\":true}", ""},
     {"{\"type\":\"number\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\"}", ""},
     {"{\"type\":\"number\",\"x-pii\":true}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-column\":\"real\"}", ""},
     {"{\"type\":\"number\",\"x-column\":\"real\",\"x-rollup\":true}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-column\":\"real\",\"x-rollup\":true}", ""},
     {"{\"type\":\"number\",\"x-column\":\"real\"}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":1}}", ""},
     {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":2}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":2}}", ""},
     {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":1}}", ""},
     CONTRACT_COMPATIBLE},
    {{"{\"$ref\":\"#/$defs/a\"}", ",\"$defs\":{\"a\":{\"type\":\"integer\"}}"},
     {"{\"type\":\"integer\"}", ""},
     CONTRACT_SAME},
    {{"{\"enum\":[1,\"a\"]}", ""}, {"{\"enum\":[\"a\",1.0]}", ""}, CONTRACT_SAME},
    {{"{}", ""}, {"{}", ",\"x-version\":2"}, CONTRACT_SAME},
    {{"{}", ",\"x-version\":2"}, {"{}", ",\"x-version\":1"}, CONTRACT_BREAKING},
};

static struct contract *compile(const struct version *v)
{
    char properties[512];
    struct err e = {0};
    (void)snprintf(properties, sizeof properties, "\"v\":%s", v->property);
    struct contract *c = fixture_contract(properties, v->extra, &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    return c;
}

static void test_contract_diff_tells_compatible_from_breaking(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct contract *older = compile(&cases[i].older);
        struct contract *newer = compile(&cases[i].newer);
        struct buf report;
        buf_init(&report, 10000);
        enum contract_change change = contract_diff(older, newer, &report);
        assert_int_equal(buf_add(&report, "", 1), 0);
        if (change != cases[i].change) {
            print_error("%s -> %s: %d\n%s\n", cases[i].older.property, cases[i].newer.property,
                        (int)change, report.p);
            wrong++;
        }
        if ((change == CONTRACT_BREAKING) != (strstr(report.p, "breaking: ") != NULL)) {
            print_error("%s: report \"%s\"\n", cases[i].newer.property, report.p);
            wrong++;
        }
        buf_release(&report);
        contract_free(older);
        contract_free(newer);
    }
    assert_int_equal(wrong, 0);
}

static void test_contract_diff_asks_for_a_higher_version(void **state)
{
    (void)state;
    const struct version versions[] = {{"{\"type\":\"integer\"}", ""},
                                       {"{\"type\":\"string\"}", ""},
                                       {"{\"type\":\"string\"}", ",\"x-version\":2"}};
    for (size_t i = 1; i < ARRAY_SIZE(versions); i++) {
        struct contract *older = compile(&versions[0]);
        struct contract *newer = compile(&versions[i]);
        struct buf report;
        buf_init(&report, 10000);
        assert_int_equal(contract_diff(older, newer, &report), CONTRACT_BREAKING);
        assert_int_equal(buf_add(&report, "", 1), 0);
        assert_string_equal(report.p, i == 1 ? "breaking: /v: type integer -> string\n"
                                               "breaking: /: x-version is still 1: a breaking "
                                               "change needs a higher one\n"
                                             : "breaking: /v: type integer -> string\n");
        buf_release(&report);
        contract_free(newer);
        contract_free(older);
    }
}

static void test_contract_diff_required_and_removed_properties(void **state)
{
    (void)state;
    struct err e = {0};
    static const char tail[] =
        "\"x-device\":\"/d\",\"x-time\":\"/t\",\"additionalProperties\":false}";
    static const char *const heads[] = {
        "{\"type\":\"object\",\"required\":[\"d\",\"t\"],\"properties\":{\"d\":{\"type\":"
        "\"string\"},"
        "\"t\":{\"type\":\"integer\"}},",
        "{\"type\":\"object\",\"required\":[\"d\",\"t\"],\"properties\":{\"d\":{\"type\":"
        "\"string\"},"
        "\"t\":{\"type\":\"integer\"},\"v\":{}},",
        "{\"type\":\"object\",\"required\":[\"d\",\"t\",\"v\"],\"properties\":{\"d\":{\"type\":"
        "\"string\"},\"t\":{\"type\":\"integer\"},\"v\":{}},",
    };
    struct contract *c[3];
    for (size_t i = 0; i < 3; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, "%s%s", heads[i], tail);
        c[i] = contract_compile("test.json", "test", str_of(text), &e);
        assert_non_null(c[i]);
    }
    struct buf report;
    buf_init(&report, 10000);
    assert_int_equal(contract_diff(c[0], c[1], &report), CONTRACT_COMPATIBLE);
    assert_int_equal(contract_diff(c[1], c[0], &report), CONTRACT_BREAKING);
    assert_int_equal(contract_diff(c[1], c[2], &report), CONTRACT_BREAKING);
    assert_int_equal(contract_diff(c[2], c[1], &report), CONTRACT_COMPATIBLE);
    buf_release(&report);
    for (size_t i = 0; i < 3; i++) {
        contract_free(c[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract_diff_tells_compatible_from_breaking),
        cmocka_unit_test(test_contract_diff_required_and_removed_properties),
        cmocka_unit_test(test_contract_diff_asks_for_a_higher_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

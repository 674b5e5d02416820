#include "common/contract/contract.h"

#include "tests/unit/common/contract/fixture.h"

#include <stdlib.h>
#include <unistd.h>

/* Property v, more top-level keywords, and a piece of the error: "pointer: reason". */
static const struct {
    const char *property;
    const char *extra;
    const char *error;
} refused[] = {
    {"{\"type\":\"string\",\"minlength\":2}", "", "/properties/v/minlength: "},
    {"{\"oneOf\":[]}", "", "/properties/v/oneOf: "},
    {"{\"type\":\"strin\"}", "", "/properties/v/type: "},
    {"{\"type\":\"string\",\"format\":\"phone\"}", "", "/properties/v/format: "},
    {"{\"type\":\"string\",\"pattern\":\"(\"}", "", "/properties/v/pattern: "},
    {"{\"type\":\"string\",\"minLength\":-1}", "", "/properties/v/minLength: "},
    {"{\"type\":\"number\",\"minimum\":\"2\"}", "", "/properties/v/minimum: "},
    {"{\"type\":\"number\",\"multipleOf\":0}", "", "/properties/v/multipleOf: "},
    {"{\"type\":\"number\",\"minimum\":3,\"maximum\":2}", "", "/properties/v"},
    {"{\"enum\":[]}", "", "/properties/v/enum: "},
    {"{\"$ref\":\"#/$defs/none\"}", "", "/properties/v/$ref: "},
    {"{\"$ref\":\"http://example.org/x.json\"}", "", "/properties/v/$ref: "},
    {"{\"$ref\":\"#/$defs/loop\"}", ",\"$defs\":{\"loop\":{\"$ref\":\"#/$defs/loop\"}}", "$ref: "},
    {"{\"type\":\"object\",\"x-column\":\"real\"}", "", "/properties/v/x-column: "},
    {"{\"type\":\"string\",\"x-column\":\"real\"}", "", "/properties/v: a column of type real"},
    {"{\"type\":\"number\",\"x-column\":\"money\"}", "", "/properties/v/x-column: "},
    {"{\"type\":\"array\",\"items\":{\"type\":\"number\",\"x-column\":\"real\"}}", "",
     "/properties/v/items: x-column inside"},
    {"{\"type\":\"string\",\"x-column\":\"text\",\"x-rollup\":true}", "",
     "/properties/v/x-rollup: "},
    {"{\"type\":\"number\",\"x-rollup\":true}", "", "/properties/v/x-rollup: "},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"lo\":1}}", "",
     "/properties/v/x-anomaly: unknown rule"},
    {"{\"type\":\"object\",\"properties\":{\"device\":{\"type\":\"string\",\"x-column\":\"text\"}}"
     "}",
     "", "/properties/v/properties/device: the column name"},
    {"{\"type\":\"object\",\"properties\":{\"a b\":{\"type\":\"string\",\"x-column\":\"text\"}}}",
     "", "/properties/v/properties/a b: the column name"},
    {"{}", ",\"x-event-id\":\"/nowhere\"", "/x-event-id: "},
    {"{\"type\":\"number\"}", ",\"x-event-id\":\"/v\"", "/x-event-id: "},
    {"{}", ",\"x-version\":0", "/x-version: "},
    {"{}", ",\"x-version\":\"1\"", "/x-version: "},
    {"{}", ",\"x-table\":\"DROP TABLE\"", "/x-table: "},
    {"{}", ",\"x-topic\":\"a b\"", "/x-topic: "},
    {"{}", ",\"x-colour\":1", "/x-colour: "},
    {"{}", ",\"$schema\":\"http://json-schema.org/draft-07/schema#\"", "/$schema: "},
    /* values of keywords */
    {"true", "", "/properties/v: a schema must be an object"},
    {"{\"type\":[\"string\",\"integer\"]}", "", "/properties/v/type: a list must have one type"},
    {"{\"type\":[\"null\",\"null\"]}", "", "/properties/v/type: a list must have one type"},
    {"{\"type\":[\"string\"]}", "", "/properties/v/type: a list must have one type"},
    {"{\"type\":\"string\",\"maxLength\":1.5}", "", "/properties/v/maxLength: "},
    {"{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}", "", "/properties/v/maxLength: "},
    {"{\"type\":\"array\",\"minItems\":3,\"maxItems\":2}", "", "/properties/v/maxItems: "},
    {"{\"type\":\"array\",\"items\":[{}]}", "", "/properties/v/items: a schema must be"},
    {"{\"type\":\"number\",\"multipleOf\":-1}", "", "/properties/v/multipleOf: "},
    {"{\"type\":\"integer\",\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", "",
     "/properties/v: no number"},
    {"{\"type\":\"integer\",\"minimum\":1.2,\"maximum\":1.8}", "", "/properties/v: no number"},
    {"{\"type\":\"integer\",\"minimum\":40000,\"x-column\":\"int2\"}", "",
     "/properties/v: no number"},
    {"{\"enum\":\"a\"}", "", "/properties/v/enum: "},
    {"{\"enum\":[{}]}", "", "/properties/v/enum: must be a scalar"},
    {"{\"enum\":[1,2,1]}", "", "/properties/v/enum: value 2 stands there twice"},
    {"{\"type\":\"string\",\"enum\":[\"a\",1]}", "", "/properties/v/enum: value 1 does not"},
    {"{\"type\":\"integer\",\"const\":1.5}", "", "/properties/v/const: does not have the type"},
    {"{\"const\":[]}", "", "/properties/v/const: must be a scalar"},
    {"{\"type\":\"object\",\"required\":[\"a\"]}", "", "/properties/v/required: \"a\" is not"},
    {"{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"a\",\"a\"]}", "",
     "/properties/v/required: \"a\" stands"},
    {"{\"type\":\"object\",\"required\":\"a\"}", "", "/properties/v/required: must be"},
    {"{\"type\":\"object\",\"properties\":[]}", "", "/properties/v/properties: must be"},
    {"{\"type\":\"object\",\"additionalProperties\":{}}", "",
     "/properties/v/additionalProperties: must be"},
    {"{\"type\":\"string\",\"pattern\":1}", "", "/properties/v/pattern: must be"},
    {"{\"type\":\"string\",\"pattern\":\"\\\\C\"}", "", "/properties/v/pattern: the pattern"},
    {"{\"type\":\"string\",\"format\":1}", "", "/properties/v/format: must be"},
    {"{\"title\":1}", "", "/properties/v/title: must be"},
    {"{\"description\":null}", "", "/properties/v/description: must be"},
    {"{\"examples\":1}", "", "/properties/v/examples: must be"},
    {"{\"deprecated\":1}", "", "/properties/v/deprecated: must be"},
    {"{\"x-pii\":1}", "", "/properties/v/x-pii: must be"},
    /* keywords in the wrong place */
    {"{\"type\":\"integer\",\"minLength\":1}", "", "/properties/v/minLength: has no effect"},
    {"{\"type\":\"string\",\"maximum\":1}", "", "/properties/v/maximum: has no effect"},
    {"{\"type\":\"string\",\"items\":{}}", "", "/properties/v/items: has no effect"},
    {"{\"type\":\"string\",\"properties\":{}}", "", "/properties/v/properties: has no effect"},
    {"{\"x-table\":\"t\"}", "", "/properties/v/x-table: is allowed at the top"},
    {"{\"$defs\":{}}", "", "/properties/v/$defs: is allowed at the top"},
    /* $ref */
    {"{\"$ref\":\"#/$defs/a\",\"minimum\":1}", ",\"$defs\":{\"a\":{}}",
     "/properties/v/minimum: cannot stand beside $ref"},
    {"{\"$ref\":\"#/properties/d\"}", "", "/properties/v/$ref: must be"},
    {"{\"$ref\":1}", "", "/properties/v/$ref: must be"},
    {"{\"$ref\":\"#/$defs/a\"}",
     ",\"$defs\":{\"a\":{\"properties\":{\"b\":{\"$ref\":\"#/$defs/a\"}}}}",
     "/$defs/a/properties/b/$ref: the definition \"a\" contains itself"},
    {"{}", ",\"$defs\":{\"a\":{\"type\":\"strin\"}}", "/$defs/a/type: "}, /* unused, yet wrong */
    {"{}", ",\"$defs\":[]", "/$defs: must be"},
    /* columns */
    {"{\"x-column\":\"text\"}", "", "/properties/v/x-column: needs a property with a scalar"},
    {"{\"type\":\"number\",\"x-column\":\"int8\"}", "", "/properties/v: a column of type int8"},
    {"{\"type\":\"string\",\"x-column\":\"uuid\"}", "", "/properties/v: a column of type uuid"},
    {"{\"type\":\"string\",\"x-column\":\"timestamptz\"}", "",
     "/properties/v: a column of type timestamptz"},
    {"{\"type\":\"integer\",\"x-column\":\"bool\"}", "", "/properties/v: a column of type bool"},
    {"{\"type\":\"integer\",\"x-column\":1}", "", "/properties/v/x-column: must be"},
    {"{\"$ref\":\"#/$defs/a\",\"x-column\":\"int2\"}",
     ",\"$defs\":{\"a\":{\"type\":\"integer\",\"x-column\":\"int4\"}}",
     "/properties/v/x-column: this property has a column already"},
    {"{\"type\":\"object\",\"properties\":{\"order\":{\"type\":\"string\",\"x-column\":\"text\"}}}",
     "", "is a reserved word of SQL"},
    {"{\"type\":\"object\",\"properties\":{\"xmin\":{\"type\":\"string\",\"x-column\":\"text\"}}}",
     "", "is a column that every table has"},
    {"{\"type\":\"object\",\"properties\":{\"Soc\":{\"type\":\"number\",\"x-column\":\"real\"}}}",
     "", "is no plain SQL identifier"},
    {"{\"type\":\"object\",\"properties\":{"
     "\"a\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\",\"x-column\":\"real\"}}"
     "},"
     "\"b\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\",\"x-column\":\"real\"}}"
     "}}}",
     "", "/properties/v/properties/b/properties/x: the column \"x\" exists already, for /v/a/x"},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-rollup\":1}", "",
     "/properties/v/x-rollup: must be"},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{}}", "",
     "/properties/v/x-anomaly: must be"},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":2,\"high\":1}}", "",
     "/properties/v/x-anomaly: low must be below high"},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"zscore\":0}}", "",
     "/properties/v/x-anomaly: zscore must be"},
    {"{\"type\":\"number\",\"x-column\":\"real\",\"x-anomaly\":{\"low\":\"2\"}}", "",
     "/properties/v/x-anomaly: low must be"},
    {"{\"type\":\"number\",\"x-anomaly\":{\"low\":2}}", "", "/properties/v/x-anomaly: needs"},
    /* the top */
    {"{}", ",\"x-event-id\":\"/d\"", "/x-event-id: \"/d\" has another role"},
    {"{}", ",\"x-event-id\":\"d\"", "/x-event-id: "},
    {"{}", ",\"x-event-id\":\"\"", "/x-event-id: "},
    {"{}", ",\"x-event-id\":1", "/x-event-id: must be a string"},
    {"{}", ",\"x-topic\":\"..\"", "/x-topic: "},
    {"{}", ",\"x-table\":\"dead_event\"", "/x-table: the table name \"dead_event\" is a table"},
    {"{}", ",\"x-table\":\"a234567890123456789012345678901234567890b\"", "is longer than 40"},
    {"{}", ",\"additionalProperties\":1", "/additionalProperties: must be"},
    {"{}", ",\"$id\":1", "/$id: must be a string"},
};

static void test_contract_compile_refuses_with_pointer_and_reason(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        char properties[1024];
        struct err e = {0};
        (void)snprintf(properties, sizeof properties, "\"v\":%s", refused[i].property);
        struct contract *c = fixture_contract(properties, refused[i].extra, &e);
        if (c != NULL) {
            print_error("compiled: %s %s\n", refused[i].property, refused[i].extra);
            contract_free(c);
            wrong++;
            continue;
        }
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, "test.json: "));
        if (strstr(e.text, refused[i].error) == NULL) {
            print_error("%s %s: \"%s\" instead of \"%s\"\n", refused[i].property, refused[i].extra,
                        e.text, refused[i].error);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *text;
    const char *error;
} broken[] = {
    {"", "test.json: "},
    {"[]", "test.json: "},
    {"{\"type\":\"object\"", "test.json: "},
    {"{\"type\":\"object\",\"type\":\"object\"}", "test.json: "}, /* duplicate key */
    {"{\"type\":\"string\"}", "/type: "},
    {"{\"type\":\"object\",\"properties\":{}}", "x-device is missing"},
    {"{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"t\"],"
     "\"properties\":{\"d\":{\"type\":\"string\"},\"t\":{\"type\":\"string\",\"format\":"
     "\"date-time\"}}}",
     "/x-device: "}, /* not required */
    {"{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
     "\"properties\":{\"d\":{\"type\":\"string\"},\"t\":{\"type\":\"string\"}}}",
     "/x-time: "}, /* neither date-time nor integer */
    {"{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
     "\"properties\":{\"d\":{\"type\":[\"string\",\"null\"]},\"t\":{\"type\":\"integer\"}}}",
     "/x-device: "}, /* may be null */
    {"{\"type\":[\"object\",\"null\"],\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\","
     "\"t\"],\"properties\":{\"d\":{\"type\":\"string\"},\"t\":{\"type\":\"integer\"}}}",
     "/type: the top of a contract"},
    {"{\"type\":\"object\",\"x-device\":\"/"
     "d\",\"required\":[\"d\"],\"properties\":{\"d\":{\"type\":"
     "\"string\"}}}",
     "x-time is missing"},
    {"{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
     "\"properties\":{\"d\":{\"type\":\"integer\"},\"t\":{\"type\":\"integer\"}}}",
     "/x-device: \"/d\" must be a string"},
    {"{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
     "\"properties\":{\"d\":{\"type\":\"string\",\"x-column\":\"text\"},\"t\":{\"type\":"
     "\"integer\"}}}",
     "/x-device: \"/d\" fills a column of its own"},
    {"{\"type\":\"object\",\"x-device\":\"/o/d\",\"x-time\":\"/t\",\"required\":[\"t\"],"
     "\"properties\":{\"o\":{\"type\":\"object\",\"required\":[\"d\"],\"properties\":{\"d\":{"
     "\"type\":"
     "\"string\"}}},\"t\":{\"type\":\"integer\"}}}",
     "/x-device: \"/o/d\" must be required at every step"},
    {"{\"type\":\"object\",\"x-device\":\"/a~2\",\"x-time\":\"/t\",\"properties\":{\"a~2\":{}}}",
     "/x-device: \"/a~2\" does not lead to a property"},
};

static void test_contract_compile_refuses_broken_files(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        struct err e = {0};
        struct contract *c = contract_compile("test.json", "test", str_of(broken[i].text), &e);
        if (c != NULL || strstr(e.text, broken[i].error) == NULL) {
            print_error("%s: \"%s\" instead of \"%s\"\n", broken[i].text, e.text, broken[i].error);
            contract_free(c);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_contract_compile_limits_nesting(void **state)
{
    (void)state;
    struct err e = {0};
    /* v is at level 2 of the event; 31 more objects would be at level 33. */
    for (int levels = JSON_DEPTH_MAX - 1; levels <= JSON_DEPTH_MAX; levels++) {
        struct buf text;
        buf_init(&text, 4096);
        assert_int_equal(buf_addf(&text, "\"v\":"), 0);
        for (int i = 1; i < levels; i++) {
            assert_int_equal(buf_addf(&text, "{\"properties\":{\"v\":"), 0);
        }
        assert_int_equal(buf_addf(&text, "{}"), 0);
        for (int i = 1; i < levels; i++) {
            assert_int_equal(buf_addf(&text, "}}"), 0);
        }
        assert_int_equal(buf_add(&text, "", 1), 0);
        struct contract *c = fixture_contract(text.p, "", &e);
        assert_true((c != NULL) == (levels == JSON_DEPTH_MAX - 1));
        contract_free(c);
        buf_release(&text);
    }
    assert_non_null(strstr(e.text, "nested deeper"));
}

static void test_contract_compile_limits_expansion(void **state)
{
    (void)state;
    struct err e = {0};
    struct buf defs; /* a: 8 b, b: 8 c, ...: 8^5 places */
    buf_init(&defs, 4096);
    assert_int_equal(buf_addf(&defs, ",\"$defs\":{"), 0);
    for (char d = 'a'; d < 'f'; d++) {
        assert_int_equal(buf_addf(&defs, "\"%c\":{\"properties\":{", d), 0);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(
                buf_addf(&defs, "%s\"%d\":{\"$ref\":\"#/$defs/%c\"}", i == 0 ? "" : ",", i, d + 1),
                0);
        }
        assert_int_equal(buf_addf(&defs, "}},"), 0);
    }
    assert_int_equal(buf_addf(&defs, "\"f\":{}}"), 0);
    assert_int_equal(buf_add(&defs, "", 1), 0);
    assert_null(fixture_contract("\"v\":{\"$ref\":\"#/$defs/a\"}", defs.p, &e));
    assert_non_null(strstr(e.text, "after expanding $ref"));
    buf_release(&defs);
}

static void test_contract_columns_are_ordered_by_width(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract(
        "\"a\":{\"type\":\"string\",\"x-column\":\"text\"},"
        "\"b\":{\"type\":\"boolean\",\"x-column\":\"bool\"},"
        "\"c\":{\"type\":\"integer\",\"x-column\":\"int2\"},"
        "\"f\":{\"type\":\"number\",\"x-column\":\"real\",\"x-rollup\":true,"
        "\"x-anomaly\":{\"low\":1,\"high\":9,\"max_step\":0.5,\"zscore\":4}},"
        "\"g\":{\"type\":\"integer\",\"x-column\":\"int8\",\"x-pii\":true},"
        "\"h\":{\"type\":\"string\",\"format\":\"uuid\",\"x-column\":\"uuid\"},"
        "\"j\":{\"type\":\"string\",\"format\":\"date-time\",\"x-column\":\"timestamptz\"}",
        ",\"x-version\":7,\"x-topic\":\"cars\",\"title\":\"T\"", &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    size_t n = 0;
    const struct contract_column *columns = contract_columns(c, &n);
    static const char *const order[] = {"g", "j", "f", "c", "b", "h", "a"};
    assert_int_equal(n, ARRAY_SIZE(order));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(columns[i].name, order[i]);
    }
    assert_true(columns[0].pii);
    assert_true(columns[2].rollup);
    assert_true(columns[2].anomaly.low == 1 && columns[2].anomaly.high == 9 &&
                columns[2].anomaly.max_step == 0.5 && columns[2].anomaly.zscore == 4);
    assert_true(columns[3].anomaly.low != columns[3].anomaly.low); /* NaN: absent */
    assert_int_equal(contract_version(c), 7);
    assert_string_equal(contract_topic(c), "cars");
    assert_string_equal(contract_title(c), "T");
    assert_string_equal(contract_table(c), "test");
    contract_free(c);
}

static void test_contract_topic_name_uses_prefix_unless_given(void **state)
{
    (void)state;
    struct err e = {0};
    char name[64];
    struct contract *c = fixture_contract("", "", &e);
    assert_int_equal(contract_topic_name(c, "pre", name, sizeof name), 0);
    assert_string_equal(name, "pre.test");
    assert_int_equal(contract_topic_name(c, "pre", name, 8), -1);
    contract_free(c);
    c = fixture_contract("", ",\"x-topic\":\"own\"", &e);
    assert_int_equal(contract_topic_name(c, "pre", name, sizeof name), 0);
    assert_string_equal(name, "own");
    contract_free(c);
}

static void test_contract_set_load_takes_the_bundled_ones(void **state)
{
    (void)state;
    struct contract_set set = {0};
    struct err e = {0};
    if (contract_set_load("config/contracts", &set, &e) != 0) {
        fail_msg("%s", e.text);
    }
    assert_int_equal(set.n, 2);
    assert_string_equal(contract_name(set.items[0]), "sensor-reading");
    assert_non_null(contract_set_find(&set, str_of("vehicle-telemetry")));
    assert_null(contract_set_find(&set, str_of("vehicle")));
    contract_set_release(&set);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void test_contract_set_load_refuses_two_of_one_table(void **state)
{
    (void)state;
    static const char text[] =
        "{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
        "\"x-table\":\"same\",\"properties\":{\"d\":{\"type\":\"string\"},\"t\":{\"type\":"
        "\"integer\"}}}";
    char dir[] = "/tmp/tidegate-contracts-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct contract_set set = {0};
    struct err e = {0};
    assert_int_equal(contract_set_load(dir, &set, &e), -1); /* no file */
    write_file(dir, "a.json", text);
    assert_int_equal(contract_set_load(dir, &set, &e), 0);
    contract_set_release(&set);
    write_file(dir, "b.json", text);
    assert_int_equal(contract_set_load(dir, &set, &e), -1);
    assert_non_null(strstr(e.text, "same"));
    char path[256];
    (void)snprintf(path, sizeof path, "%s/a.json", dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/b.json", dir);
    (void)unlink(path);
    (void)rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract_compile_refuses_with_pointer_and_reason),
        cmocka_unit_test(test_contract_compile_refuses_broken_files),
        cmocka_unit_test(test_contract_compile_limits_nesting),
        cmocka_unit_test(test_contract_compile_limits_expansion),
        cmocka_unit_test(test_contract_columns_are_ordered_by_width),
        cmocka_unit_test(test_contract_topic_name_uses_prefix_unless_given),
        cmocka_unit_test(test_contract_set_load_takes_the_bundled_ones),
        cmocka_unit_test(test_contract_set_load_refuses_two_of_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
        cmocka_unit_test(test_contract_columns_are_ordered_by_width),
        cmocka_unit_test(test_contract_topic_name_uses_prefix_unless_given),
        cmocka_unit_test(test_contract_set_load_takes_the_bundled_ones),
        cmocka_unit_test(test_contract_set_load_refuses_two_of_one_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

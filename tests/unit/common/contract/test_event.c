#include "common/contract/event.h"

#include "tests/unit/common/contract/fixture.h"

/* schema of property v, its value, the code of the violation or NULL when it is valid */
struct edge {
    const char *schema;
    const char *value;
    const char *code;
};

static const struct edge edges[] = {
    /* type */
    {"{\"type\":\"string\"}", "\"a\"", NULL},
    {"{\"type\":\"string\"}", "1", "type"},
    {"{\"type\":\"string\"}", "null", "type"},
    {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
    {"{\"type\":\"integer\"}", "1", NULL},
    {"{\"type\":\"integer\"}", "1.0", NULL}, /* JSON Schema 2020-12: 1.0 is an integer */
    {"{\"type\":\"integer\"}", "1.5", "type"},
    {"{\"type\":\"integer\"}", "\"1\"", "type"},
    {"{\"type\":\"number\"}", "1.5", NULL},
    {"{\"type\":\"number\"}", "1", NULL},
    {"{\"type\":\"number\"}", "true", "type"},
    {"{\"type\":\"boolean\"}", "true", NULL},
    {"{\"type\":\"boolean\"}", "0", "type"},
    {"{\"type\":\"null\"}", "null", NULL},
    {"{\"type\":\"null\"}", "false", "type"},
    {"{\"type\":\"array\"}", "[]", NULL},
    {"{\"type\":\"array\"}", "{}", "type"},
    {"{\"type\":\"object\"}", "{}", NULL},
    {"{\"type\":\"object\"}", "[]", "type"},
    /* numbers */
    {"{\"type\":\"number\",\"minimum\":2}", "2", NULL},
    {"{\"type\":\"number\",\"minimum\":2}", "1.999", "minimum"},
    {"{\"type\":\"number\",\"maximum\":2}", "2.0", NULL},
    {"{\"type\":\"number\",\"maximum\":2}", "2.001", "maximum"},
    {"{\"type\":\"number\",\"exclusiveMinimum\":2}", "2.001", NULL},
    {"{\"type\":\"number\",\"exclusiveMinimum\":2}", "2", "exclusiveMinimum"},
    {"{\"type\":\"number\",\"exclusiveMaximum\":2}", "1.999", NULL},
    {"{\"type\":\"number\",\"exclusiveMaximum\":2}", "2", "exclusiveMaximum"},
    {"{\"type\":\"integer\",\"maximum\":9007199254740993}", "9007199254740993", NULL},
    {"{\"type\":\"integer\",\"maximum\":9007199254740992}", "9007199254740993", "maximum"},
    {"{\"type\":\"integer\",\"multipleOf\":5}", "-10", NULL},
    {"{\"type\":\"integer\",\"multipleOf\":5}", "11", "multipleOf"},
    {"{\"type\":\"number\",\"multipleOf\":0.0001}", "0.0075", NULL},
    {"{\"type\":\"number\",\"multipleOf\":0.0001}", "0.00751", "multipleOf"},
    {"{\"type\":\"integer\",\"multipleOf\":1e-8}", "12391239123", NULL},
    {"{\"type\":\"number\",\"multipleOf\":0.123456789}", "1e308", "multipleOf"},
    {"{\"type\":\"number\",\"multipleOf\":2}", "9223372036854775807", "multipleOf"},
    {"{\"type\":\"number\",\"exclusiveMinimum\":9007199254740993}", "9007199254740994", NULL},
    {"{\"type\":\"number\",\"exclusiveMinimum\":9007199254740993}", "9007199254740993",
     "exclusiveMinimum"},
    {"{\"type\":\"number\",\"minimum\":9007199254740993}", "9007199254740992.0", "minimum"},
    {"{\"type\":\"number\",\"minimum\":9007199254740993}", "9007199254740994.0", NULL},
    {"{\"type\":\"number\",\"maximum\":9223372036854775807}", "9223372036854775807", NULL},
    {"{\"type\":\"number\",\"maximum\":9223372036854775807}", "9223372036854775808.0", "maximum"},
    {"{\"type\":\"integer\",\"minimum\":1.5}", "1", "minimum"},
    {"{\"type\":\"integer\",\"minimum\":1.5}", "2", NULL},
    {"{\"type\":\"integer\",\"exclusiveMaximum\":-1.5}", "-2", NULL},
    {"{\"type\":\"integer\",\"exclusiveMaximum\":-1.5}", "-1", "exclusiveMaximum"},
    {"{\"type\":\"integer\"}", "1e300", NULL}, /* whole, and no column has to hold it */
    {"{\"type\":\"integer\",\"maximum\":5}", "1e300", "maximum"},
    {"{\"type\":[\"integer\",\"null\"],\"minimum\":5}", "null", NULL},
    {"{\"minimum\":5}", "\"a\"", NULL}, /* acts on numbers only */
    {"{\"maxLength\":1}", "[1,2]", NULL},
    {"{\"required\":[\"a\"],\"properties\":{\"a\":{}}}", "[]", NULL},
    /* strings: code points, not bytes */
    {"{\"type\":\"string\",\"minLength\":2}", "\"\xc3\xa9\xf0\x9f\x98\x80\"", NULL},
    {"{\"type\":\"string\",\"minLength\":2}", "\"\xf0\x9f\x98\x80\"", "minLength"},
    {"{\"type\":\"string\",\"maxLength\":2}", "\"\xc3\xa9\xc3\xa9\"", NULL},
    {"{\"type\":\"string\",\"maxLength\":2}", "\"abc\"", "maxLength"},
    {"{\"type\":\"string\",\"pattern\":\"^a+$\"}", "\"aaa\"", NULL},
    {"{\"type\":\"string\",\"pattern\":\"^a+$\"}", "\"aab\"", "pattern"},
    {"{\"type\":\"string\",\"pattern\":\"^a+$\"}", "\"a\\n\"", "pattern"},
    {"{\"type\":\"string\",\"pattern\":\"b\"}", "\"abc\"", NULL}, /* not anchored */
    {"{\"type\":\"string\",\"pattern\":\"^.$\"}", "\"\xc3\xa9\"", NULL},
    {"{\"type\":\"string\",\"pattern\":\"^\\\\u00e9$\"}", "\"\xc3\xa9\"",
     NULL}, /* as in ECMA-262 */
    {"{\"type\":\"string\",\"pattern\":\"^\\\\d$\"}", "\"\xd9\xa1\"", "pattern"}, /* ASCII digits */
    {"{\"type\":\"string\",\"pattern\":\"^(a+)+$\"}",
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"",
     "pattern"}, /* step limit */
    /* fixed values */
    {"{\"enum\":[\"a\",1,null,true]}", "\"a\"", NULL},
    {"{\"enum\":[\"a\",1,null,true]}", "1.0", NULL},
    {"{\"enum\":[\"a\",1,null,true]}", "null", NULL},
    {"{\"enum\":[\"a\",1,null,true]}", "true", NULL},
    {"{\"enum\":[\"a\",1,null,true]}", "false", "enum"},
    {"{\"enum\":[\"a\",1,null,true]}", "\"A\"", "enum"},
    {"{\"const\":\"x\"}", "\"x\"", NULL},
    {"{\"const\":\"x\"}", "\"xx\"", "const"},
    {"{\"const\":1}", "1.0", NULL},
    {"{\"const\":1}", "true", "const"},
    {"{\"const\":0}", "false", "const"},
    {"{\"const\":false}", "0", "const"},
    {"{\"const\":2.5}", "2.5", NULL},
    {"{\"const\":2.5}", "2.25", "const"},
    {"{\"const\":null}", "null", NULL},
    {"{\"const\":null}", "0", "const"},
    {"{\"enum\":[1.5,\"\"]}", "\"\"", NULL},
    {"{\"enum\":[1.5,\"\"]}", "1.5", NULL},
    {"{\"enum\":[1.5,\"\"]}", "[]", "enum"},
    /* arrays */
    {"{\"type\":\"array\",\"minItems\":2}", "[1,2]", NULL},
    {"{\"type\":\"array\",\"minItems\":2}", "[1]", "minItems"},
    {"{\"type\":\"array\",\"maxItems\":2}", "[1,2]", NULL},
    {"{\"type\":\"array\",\"maxItems\":2}", "[1,2,3]", "maxItems"},
    {"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "[1,2]", NULL},
    {"{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "[1,\"2\"]", "type"},
    /* objects */
    {"{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{}}}", "{\"a\":null}", NULL},
    {"{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{}}}", "{\"b\":1}",
     "required"},
    {"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"a\":{}}}", "{\"a\":1}",
     NULL},
    {"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"a\":{}}}",
     "{\"a\":1,\"b\":2}", "additionalProperties"},
    {"{\"type\":\"object\",\"additionalProperties\":true,\"properties\":{\"a\":{}}}",
     "{\"a\":1,\"b\":2}", NULL},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}", "{\"a\":\"1\"}",
     "type"},
    {"{\"$ref\":\"#/$defs/small\"}", "3", NULL},
    {"{\"$ref\":\"#/$defs/small\"}", "4", "maximum"},
    /* formats */
    {"{\"type\":\"string\",\"format\":\"date-time\"}", "\"2026-11-21T04:09:00+01:00\"", NULL},
    {"{\"type\":\"string\",\"format\":\"date-time\"}", "\"2026-11-21 04:09:00Z\"", "format"},
    {"{\"type\":\"string\",\"format\":\"date\"}", "\"2024-02-29\"", NULL},
    {"{\"type\":\"string\",\"format\":\"date\"}", "\"2023-02-29\"", "format"},
    {"{\"type\":\"string\",\"format\":\"uuid\"}", "\"0190F3A2-7b1c-7d40-9a6e-5b0c2f4d8e11\"", NULL},
    {"{\"type\":\"string\",\"format\":\"uuid\"}", "\"0190f3a27b1c7d409a6e5b0c2f4d8e11\"", "format"},
    {"{\"type\":\"string\",\"format\":\"ipv4\"}", "\"255.0.0.1\"", NULL},
    {"{\"type\":\"string\",\"format\":\"ipv4\"}", "\"256.0.0.1\"", "format"},
    {"{\"type\":\"string\",\"format\":\"ipv4\"}", "\"01.0.0.1\"", "format"},
    {"{\"type\":\"string\",\"format\":\"ipv6\"}", "\"::ffff:1.2.3.4\"", NULL},
    {"{\"type\":\"string\",\"format\":\"ipv6\"}", "\"1::2::3\"", "format"},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a.b@example.org\"", NULL},
    {"{\"type\":\"string\",\"format\":\"email\"}", "\"a.b.example.org\"", "format"},
    {"{\"type\":\"string\",\"format\":\"uri\"}", "\"https://example.org/a?b#c\"", NULL},
    {"{\"type\":\"string\",\"format\":\"uri\"}", "\"/only/a/path\"", "format"},
    {"{\"type\":\"string\",\"format\":\"hostname\"}", "\"a-b.example\"", NULL},
    {"{\"type\":\"string\",\"format\":\"hostname\"}", "\"-a.example\"", "format"},
    /* what the column can hold */
    {"{\"type\":\"integer\",\"x-column\":\"int2\"}", "32767", NULL},
    {"{\"type\":\"integer\",\"x-column\":\"int2\"}", "32768", "x-column"},
    {"{\"type\":\"integer\",\"x-column\":\"int4\"}", "-2147483648", NULL},
    {"{\"type\":\"integer\",\"x-column\":\"int4\"}", "-2147483649", "x-column"},
    {"{\"type\":\"integer\",\"x-column\":\"int8\"}", "9223372036854775807", NULL},
    {"{\"type\":\"number\",\"x-column\":\"real\"}", "3.4e38", NULL},
    {"{\"type\":\"number\",\"x-column\":\"real\"}", "3.5e38", "x-column"},
    {"{\"type\":\"number\",\"x-column\":\"float8\"}", "1e308", NULL},
    {"{\"type\":\"number\",\"x-column\":\"real\"}", "-3.5e38", "x-column"},
    {"{\"type\":\"integer\",\"x-column\":\"int2\"}", "-32768.0", NULL},
    {"{\"type\":\"integer\",\"x-column\":\"int2\"}", "3.2768e4", "x-column"},
    {"{\"type\":\"integer\",\"x-column\":\"int8\"}", "9.3e18", "x-column"},
    {"{\"type\":\"integer\",\"x-column\":\"timestamptz\"}", "253402300799999", NULL},
    {"{\"type\":\"integer\",\"x-column\":\"timestamptz\"}", "253402300800000", "x-column"},
    /* beside $ref */
    {"{\"$ref\":\"#/$defs/small\",\"x-column\":\"int2\"}", "3", NULL},
    {"{\"$ref\":\"#/$defs/chain\"}", "4", "maximum"},
};

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

static void test_event_validate_keyword_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
        char properties[1024];
        char rest[1024];
        struct err e = {0};
        (void)snprintf(properties, sizeof properties, "\"v\":%s", edges[i].schema);
        (void)snprintf(rest, sizeof rest, ",\"v\":%s", edges[i].value);
        struct contract *c = fixture_contract(properties,
                                              ",\"$defs\":{\"chain\":{\"$ref\":\"#/$defs/small\"},"
                                              "\"small\":{\"type\":\"integer\",\"maximum\":3}}",
                                              &e);
        if (c == NULL) {
            fail_msg("schema %s: %s", edges[i].schema, e.text);
        }
        struct violations out;
        const char *code = judge(c, fixture_event(rest), &out);
        const char *want = edges[i].code;
        if ((code == NULL) != (want == NULL) || (code != NULL && strcmp(code, want) != 0)) {
            fail_msg("schema %s, value %s: %s instead of %s", edges[i].schema, edges[i].value,
                     code == NULL ? "valid" : code, want == NULL ? "valid" : want);
        }
        contract_free(c);
    }
}

/* text of an event, the code or NULL, and where */
static const struct {
    const char *text;
    const char *code;
    const char *pointer;
} events[] = {
    {"{\"d\":\"x\",\"t\":\"2026-11-21T04:09:00Z\"}", NULL, NULL},
    {"{\"t\":\"2026-11-21T04:09:00Z\"}", "required", "/d"},
    {"{\"d\":\"x\"}", "required", "/t"},
    {"{\"d\":\"\",\"t\":\"2026-11-21T04:09:00Z\"}", "x-device", "/d"},
    {"{\"d\":\"a\\u001fb\",\"t\":\"2026-11-21T04:09:00Z\"}", "x-device", "/d"},
    {"{\"d\":\"x\",\"t\":\"yesterday\"}", "format", "/t"},
    {"{\"d\":\"x\",\"t\":\"2026-11-21T04:09:00Z\",\"o\":{\"a/b\":{\"~\":\"s\"}}}", "type",
     "/o/a~1b/~0"},
    {"[]", "json", ""},
    {"3", "json", ""},
    {"{\"d\":\"x\"", "json", ""},
    {"", "json", ""},
    {"{\"d\":\"x\",\"t\":\"2026-11-21T04:09:00Z\"} x", "json", ""},
    {"{\"d\":\"x\",\"t\":\"2026-11-21T04:09:00Z\",\"d\":\"y\"}", "json", ""},
};

static void test_event_validate_whole_events(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract(
        "\"o\":{\"type\":\"object\",\"properties\":{\"a/b\":{\"type\":\"object\",\"properties\":"
        "{\"~\":{\"type\":\"integer\"}}}}}",
        "", &e);
    assert_non_null(c);
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        char padded[512 + JSON_PADDING] = {0};
        size_t n = strlen(events[i].text);
        memcpy(padded, events[i].text, n);
        struct violations out;
        const char *code = judge(c, (struct str){padded, n}, &out);
        if (events[i].code == NULL) {
            assert_null(code);
            continue;
        }
        if (code == NULL) {
            fail_msg("valid: %s", events[i].text);
        }
        assert_string_equal(code, events[i].code);
        assert_string_equal(out.items[0].pointer, events[i].pointer);
        assert_true(out.items[0].detail[0] != '\0');
    }
    contract_free(c);
}

static void test_event_validate_device_length_edge(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract("", "", &e);
    char id[CONTRACT_DEVICE_MAX + 2];
    char text[1024 + JSON_PADDING] = {0};
    memset(id, 'a', sizeof id);
    for (int extra = 0; extra <= 1; extra++) {
        int n = snprintf(text, 1024, "{\"d\":\"%.*s\",\"t\":\"2026-11-21T04:09:00Z\"}",
                         CONTRACT_DEVICE_MAX + extra, id);
        struct violations out;
        const char *code = judge(c, (struct str){text, (size_t)n}, &out);
        assert_true((code == NULL) == (extra == 0));
    }
    contract_free(c);
}

static void test_event_validate_finds_device_time_id_columns_and_extra(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"i\":{\"type\":\"string\"},\"p\":{\"type\":\"object\",\"properties\":{"
                         "\"soc\":{\"type\":[\"number\",\"null\"],\"x-column\":\"real\"},"
                         "\"gear\":{\"type\":\"string\",\"x-column\":\"text\"}}}",
                         ",\"x-event-id\":\"/i\"", &e);
    assert_non_null(c);
    struct validator *v = validator_new(FIXTURE_MAX);
    struct event ev;
    struct violations out;
    struct str text = fixture_event(",\"i\":\"id-1\",\"p\":{\"soc\":81.5,\"note\":\"hi\",\"deep\":["
                                    "1,{\"a\":52.52}]},\"more\":1");
    assert_int_equal(event_validate(v, c, text.p, text.n, &ev, &out), 0);
    assert_true(str_eq(ev.device, str_of("x")));
    assert_true(str_eq(ev.client_id, str_of("id-1")));
    assert_int_equal(ev.time_us, INT64_C(1795234140) * 1000000);
    size_t n = 0;
    const struct contract_column *columns = contract_columns(c, &n);
    assert_int_equal(n, 2);
    assert_string_equal(columns[0].name, "soc");
    assert_true(ev.column[0] != EVENT_NO_NODE);
    assert_true(ev.doc.nodes[ev.column[0]].u.d == 81.5);
    assert_int_equal(ev.column[1], EVENT_NO_NODE);
    assert_true(ev.has_extra);
    struct buf extra;
    buf_init(&extra, 1000);
    assert_int_equal(event_extra(c, &ev, &extra), 0);
    assert_int_equal(buf_add(&extra, "", 1), 0);
    assert_string_equal(extra.p, "{\"p\":{\"note\":\"hi\",\"deep\":[1,{\"a\":52.52}]},\"more\":1}");
    buf_release(&extra);

    text = fixture_event(",\"p\":{\"soc\":null}");
    assert_int_equal(event_validate(v, c, text.p, text.n, &ev, &out), 0);
    assert_false(ev.has_extra);
    assert_int_equal(ev.client_id.n, 0);
    validator_free(v);
    contract_free(c);
}

static void test_event_validate_client_id_edges(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"i\":{\"type\":[\"string\",\"null\"]}", ",\"x-event-id\":\"/i\"", &e);
    assert_non_null(c);
    static const struct {
        size_t n;
        bool good;
    } lengths[] = {{0, false}, {1, true}, {CONTRACT_ID_MAX, true}, {CONTRACT_ID_MAX + 1, false}};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        char rest[512];
        char id[256];
        struct violations out;
        memset(id, 'a', sizeof id);
        (void)snprintf(rest, sizeof rest, ",\"i\":\"%.*s\"", (int)lengths[i].n, id);
        const char *code = judge(c, fixture_event(rest), &out);
        assert_true((code == NULL) == lengths[i].good);
        assert_true(code == NULL || strcmp(code, "x-event-id") == 0);
    }
    struct violations out;
    assert_null(judge(c, fixture_event(",\"i\":null"), &out));
    contract_free(c);
}

static void test_event_validate_integer_time_is_unix_milliseconds(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = contract_compile(
        "t.json", "t",
        str_of(
            "{\"type\":\"object\",\"x-device\":\"/d\",\"x-time\":\"/t\",\"required\":[\"d\",\"t\"],"
            "\"properties\":{\"d\":{\"type\":\"string\"},\"t\":{\"type\":\"integer\"}}}"),
        &e);
    assert_non_null(c);
    static const struct {
        const char *text;
        int64_t us; /* -1: refused */
    } times[] = {
        {"{\"d\":\"x\",\"t\":1795234140123}", INT64_C(1795234140123000)},
        {"{\"d\":\"x\",\"t\":1.795234140123e12}", INT64_C(1795234140123000)},
        {"{\"d\":\"x\",\"t\":0}", 0},
        {"{\"d\":\"x\",\"t\":253402300799999}", INT64_C(253402300799999000)},
        {"{\"d\":\"x\",\"t\":253402300800000}", -1},
        {"{\"d\":\"x\",\"t\":-62135596800001}", -1},
        {"{\"d\":\"x\",\"t\":1e300}", -1},
    };
    struct validator *v = validator_new(FIXTURE_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        char padded[128 + JSON_PADDING] = {0};
        struct event ev;
        struct violations out;
        memcpy(padded, times[i].text, strlen(times[i].text));
        int rc = event_validate(v, c, padded, strlen(times[i].text), &ev, &out);
        assert_int_equal(rc, times[i].us == -1 ? -1 : 0);
        if (rc == 0) {
            assert_true(ev.time_us == times[i].us);
        } else {
            assert_string_equal(out.items[0].code, "x-time");
        }
    }
    validator_free(v);
    contract_free(c);
}

static void test_event_validate_members_in_any_order_are_found(void **state)
{
    (void)state;
    struct err e = {0};
    char properties[4096] = "";
    for (int i = 0; i < 60; i++) {
        size_t n = strlen(properties);
        (void)snprintf(properties + n, sizeof properties - n,
                       "%s\"%s%d\":{\"type\":\"integer\",\"const\":%d}", i == 0 ? "" : ",",
                       i % 2 == 0 ? "k" : "a_key_longer_than_sixteen_", i, i);
    }
    struct contract *c = fixture_contract(properties, ",\"additionalProperties\":false", &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    for (int step = 1; step < 60; step += 2) {
        char rest[4096] = "";
        for (int i = 0; i < 60; i++) {
            int key = step == 5 || step % 3 == 0 ? 59 - i : (i * 7 + step) % 60;
            size_t n = strlen(rest);
            (void)snprintf(rest + n, sizeof rest - n, ",\"%s%d\":%d",
                           key % 2 == 0 ? "k" : "a_key_longer_than_sixteen_", key, key);
        }
        struct violations out;
        const char *code = judge(c, fixture_event(rest), &out);
        if (code != NULL) {
            fail_msg("%s %s", out.items[0].pointer, out.items[0].detail);
        }
    }
    contract_free(c);
}

static void test_event_validate_over_the_cap_is_a_violation(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract("", "", &e);
    struct validator *v = validator_new(20);
    struct event ev;
    struct violations out;
    struct str text = fixture_event("");
    assert_int_equal(event_validate(v, c, text.p, text.n, &ev, &out), -1);
    assert_int_equal(out.n, 1);
    validator_free(v);
    contract_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_validate_keyword_edges),
        cmocka_unit_test(test_event_validate_whole_events),
        cmocka_unit_test(test_event_validate_device_length_edge),
        cmocka_unit_test(test_event_validate_finds_device_time_id_columns_and_extra),
        cmocka_unit_test(test_event_validate_client_id_edges),
        cmocka_unit_test(test_event_validate_integer_time_is_unix_milliseconds),
        cmocka_unit_test(test_event_validate_members_in_any_order_are_found),
        cmocka_unit_test(test_event_validate_over_the_cap_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

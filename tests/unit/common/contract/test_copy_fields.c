#include "common/contract/copy_fields.h"

#include "tests/unit/common/contract/fixture.h"

#define CHECK(out, bytes)                                        \
    do {                                                         \
        assert_int_equal((out)->n, sizeof(bytes) - 1);           \
        assert_memory_equal((out)->p, bytes, sizeof(bytes) - 1); \
        buf_reset(out);                                          \
    } while (0)

static void test_copy_field_bytes_of_each_type(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(copy_field_null(&out), 0);
    CHECK(&out, "\xff\xff\xff\xff");
    assert_int_equal(copy_field_int2(&out, -2), 0);
    CHECK(&out, "\0\0\0\x02\xff\xfe");
    assert_int_equal(copy_field_int4(&out, 258), 0);
    CHECK(&out, "\0\0\0\x04\0\0\x01\x02");
    assert_int_equal(copy_field_int8(&out, INT64_MIN), 0);
    CHECK(&out, "\0\0\0\x08\x80\0\0\0\0\0\0\0");
    assert_int_equal(copy_field_time(&out, COPY_EPOCH_US + 1), 0);
    CHECK(&out, "\0\0\0\x08\0\0\0\0\0\0\0\x01");
    assert_int_equal(copy_field_bytes(&out, "abc", 3), 0);
    CHECK(&out, "\0\0\0\x03"
                "abc");
    assert_int_equal(copy_field_jsonb(&out, str_of("{}")), 0);
    CHECK(&out, "\0\0\0\x03\x01{}");
    buf_release(&out);
}

static void test_copy_fields_event_writes_columns_in_order(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c =
        fixture_contract("\"f8\":{\"type\":\"number\",\"x-column\":\"float8\"},"
                         "\"r\":{\"type\":\"number\",\"x-column\":\"real\"},"
                         "\"tiny\":{\"type\":\"number\",\"x-column\":\"real\"},"
                         "\"i4\":{\"type\":\"integer\",\"x-column\":\"int4\"},"
                         "\"i2\":{\"type\":\"integer\",\"x-column\":\"int2\"},"
                         "\"b\":{\"type\":\"boolean\",\"x-column\":\"bool\"},"
                         "\"u\":{\"type\":\"string\",\"format\":\"uuid\",\"x-column\":\"uuid\"},"
                         "\"s\":{\"type\":[\"string\",\"null\"],\"x-column\":\"text\"}",
                         "", &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    struct validator *v = validator_new(FIXTURE_MAX);
    struct event ev;
    struct violations out;
    struct str text = fixture_event(",\"i4\":7.0,\"f8\":1,\"r\":-2.5,\"tiny\":1e-44,\"b\":true,"
                                    "\"u\":\"0190F3A2-7b1c-7d40-9a6e-5b0c2f4d8e11\",\"s\":null");
    assert_int_equal(event_validate(v, c, text.p, text.n, &ev, &out), 0);
    struct buf row;
    buf_init(&row, 1000);
    assert_int_equal(copy_fields_event(c, &ev, &row), 0);
    CHECK(&row, "\0\0\0\x08\x3f\xf0\0\0\0\0\0\0" /* f8 = 1.0 */
                "\0\0\0\x04\xc0\x20\0\0"         /* r = -2.5 */
                "\0\0\0\x04\0\0\0\0"             /* tiny: a denormal is flushed to 0 */
                "\0\0\0\x04\0\0\0\x07"           /* i4 */
                "\xff\xff\xff\xff"               /* i2 absent */
                "\0\0\0\x01\x01"                 /* b */
                "\0\0\0\x10\x01\x90\xf3\xa2\x7b\x1c\x7d\x40\x9a\x6e\x5b\x0c\x2f\x4d\x8e\x11"
                "\xff\xff\xff\xff"); /* s null */
    buf_release(&row);
    buf_init(&row, 10);
    assert_int_equal(copy_fields_event(c, &ev, &row), -1);
    buf_release(&row);
    validator_free(v);
    contract_free(c);
}

static void test_copy_fields_event_writes_times_and_numbers_at_their_edges(void **state)
{
    (void)state;
    struct err e = {0};
    struct contract *c = fixture_contract(
        "\"at\":{\"type\":\"string\",\"format\":\"date-time\",\"x-column\":\"timestamptz\"},"
        "\"ms\":{\"type\":\"integer\",\"x-column\":\"timestamptz\"},"
        "\"i8\":{\"type\":\"integer\",\"x-column\":\"int8\"},"
        "\"f8\":{\"type\":\"number\",\"x-column\":\"float8\"},"
        "\"r\":{\"type\":\"number\",\"x-column\":\"real\"},"
        "\"i2\":{\"type\":\"integer\",\"x-column\":\"int2\"},"
        "\"s\":{\"type\":\"string\",\"x-column\":\"text\"}",
        "", &e);
    if (c == NULL) {
        fail_msg("%s", e.text);
    }
    struct validator *v = validator_new(FIXTURE_MAX);
    struct event ev;
    struct violations out;
    struct str text =
        fixture_event(",\"at\":\"2000-01-01T01:00:00.000001+01:00\",\"ms\":946684799999,"
                      "\"i8\":-9223372036854775808,\"f8\":4e-320,\"r\":3.4028234663852886e38,"
                      "\"i2\":-32768,\"s\":\"\\u00e9\"");
    if (event_validate(v, c, text.p, text.n, &ev, &out) != 0) {
        fail_msg("%s %s", out.items[0].pointer, out.items[0].detail);
    }
    struct buf row;
    buf_init(&row, 1000);
    assert_int_equal(copy_fields_event(c, &ev, &row), 0);
    CHECK(&row, "\0\0\0\x08\0\0\0\0\0\0\0\x01"               /* at: 1 us after the epoch */
                "\0\0\0\x08\xff\xff\xff\xff\xff\xff\xfc\x18" /* ms: 1 ms before it */
                "\0\0\0\x08\x80\0\0\0\0\0\0\0"               /* i8 */
                "\0\0\0\x08\0\0\0\0\0\0\0\0"                 /* f8: a denormal is flushed */
                "\0\0\0\x04\x7f\x7f\xff\xff"                 /* r = FLT_MAX */
                "\0\0\0\x02\x80\0"                           /* i2 */
                "\0\0\0\x02\xc3\xa9");
    buf_release(&row);
    validator_free(v);
    contract_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_field_bytes_of_each_type),
        cmocka_unit_test(test_copy_fields_event_writes_columns_in_order),
        cmocka_unit_test(test_copy_fields_event_writes_times_and_numbers_at_their_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

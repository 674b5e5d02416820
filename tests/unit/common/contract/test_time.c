#include "common/contract/time.h"

#include "tests/unit/common/contract/fixture.h"

#define S INT64_C(1000000)

static const struct {
    const char *text;
    int64_t us;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01t00:00:00z", 0},
    {"1969-12-31T23:59:59.999999Z", -1},
    {"2026-11-21T04:09:00Z", INT64_C(1795234140) * S},
    {"2026-11-21T04:09:00.5Z", INT64_C(1795234140) * S + 500000},
    {"2026-11-21T04:09:00.123456789Z", INT64_C(1795234140) * S + 123456},
    {"2026-11-21T05:09:00+01:00", INT64_C(1795234140) * S},
    {"2026-11-20T22:39:00-05:30", INT64_C(1795234140) * S},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800) * S},
    {"2016-12-31T23:59:60Z", INT64_C(1483228800) * S},
    {"2016-12-31T18:59:60-05:00", INT64_C(1483228800) * S},
    {"9999-12-31T23:59:59Z", INT64_C(253402300799) * S},
    {"0001-01-01T00:00:00Z", INT64_C(-62135596800) * S},
};

static const char *const bad[] = {
    "",
    "2026-11-21",
    "2026-11-21T04:09:00",
    "2026-11-21 04:09:00Z",
    "2026-11-21T04:09Z",
    "2026-11-21T04:09:00.Z",
    "2026-11-21T04:09:00.1234567890Z",
    "2026-11-21T04:09:00+0100",
    "2026-11-21T04:09:00+24:00",
    "2026-11-21T04:09:00+00:60",
    "2026-11-21T24:00:00Z",
    "2026-11-21T04:60:00Z",
    "2026-11-21T04:09:61Z",
    "2026-11-21T04:09:60Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "+026-11-21T04:09:00Z",
    "2026-11-21T04:09:00ZZ",
    " 2026-11-21T04:09:00Z",
    "now",
    "infinity",
};

static void test_time_parse_rfc3339_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        int64_t us = -7;
        if (time_parse_rfc3339(str_of(good[i].text), &us) != 0) {
            fail_msg("refused: %s", good[i].text);
        }
        assert_int_equal(us, good[i].us);
    }
}

static void test_time_parse_rfc3339_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int64_t us;
        if (time_parse_rfc3339(str_of(bad[i]), &us) == 0) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

static void test_time_format_reads_back(void **state)
{
    (void)state;
    static const int64_t values[] = {0,
                                     -1,
                                     1,
                                     INT64_C(1795234140123456),
                                     INT64_C(-62135596800) * S,
                                     INT64_C(253402300799) * S + 999999};
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        char text[TIME_RFC3339_MAX];
        int64_t us = 0;
        time_format_rfc3339(values[i], text);
        assert_int_equal(time_parse_rfc3339(str_of(text), &us), 0);
        assert_int_equal(us, values[i]);
    }
    char text[TIME_RFC3339_MAX];
    time_format_rfc3339(INT64_C(1795234140123456), text);
    assert_string_equal(text, "2026-11-21T04:09:00.123456Z");
}

static void test_time_is_date_checks_the_calendar(void **state)
{
    (void)state;
    assert_true(time_is_date(str_of("2024-02-29")));
    assert_true(time_is_date(str_of("2000-02-29")));
    assert_false(time_is_date(str_of("1900-02-29")));
    assert_false(time_is_date(str_of("2024-2-29")));
    assert_false(time_is_date(str_of("2024-02-30")));
    assert_false(time_is_date(str_of("2024-02-29T")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_parse_rfc3339_good),
        cmocka_unit_test(test_time_parse_rfc3339_bad),
        cmocka_unit_test(test_time_format_reads_back),
        cmocka_unit_test(test_time_is_date_checks_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

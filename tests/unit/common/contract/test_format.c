#include "common/contract/format.h"

#include "tests/unit/common/contract/fixture.h"

static const struct {
    enum format format;
    const char *text;
    bool matches;
} cases[] = {
    {FORMAT_DATE_TIME, "2026-11-21T04:09:00.123456789Z", true},
    {FORMAT_DATE_TIME, "2026-11-21T04:09:00.1234567890Z", false},
    {FORMAT_DATE_TIME, "2026-11-21T04:09:00", false},
    {FORMAT_DATE, "2026-11-21", true},
    {FORMAT_DATE, "2026-11-21Z", false},
    {FORMAT_UUID, "00000000-0000-0000-0000-000000000000", true},
    {FORMAT_UUID, "0000000-00000-0000-0000-000000000000", false},
    {FORMAT_UUID, "g0000000-0000-0000-0000-000000000000", false},
    {FORMAT_IPV4, "0.0.0.0", true},
    {FORMAT_IPV4, "1.2.3", false},
    {FORMAT_IPV4, "1.2.3.4 ", false},
    {FORMAT_IPV4, "", false},
    {FORMAT_IPV6, "::", true},
    {FORMAT_IPV6, "1:2:3:4:5:6:7:8", true},
    {FORMAT_IPV6, "1:2:3:4:5:6:7:8:9", false},
    {FORMAT_IPV6, "fe80::1%eth0", false},
    {FORMAT_IPV6, "1111:2222:3333:4444:5555:6666:777.777.777.7777", false},
    {FORMAT_EMAIL, "a@b", true},
    {FORMAT_EMAIL, "te~st+x@example.com", true},
    {FORMAT_EMAIL, ".a@example.com", false},
    {FORMAT_EMAIL, "a.@example.com", false},
    {FORMAT_EMAIL, "a..b@example.com", false},
    {FORMAT_EMAIL, "a@", false},
    {FORMAT_EMAIL, "@b", false},
    {FORMAT_EMAIL, "a b@c", false},
    {FORMAT_EMAIL, "", false},
    {FORMAT_EMAIL, "1234567890123456789012345678901234567890123456789012345678901234@b", true},
    {FORMAT_EMAIL, "12345678901234567890123456789012345678901234567890123456789012345@b", false},
    {FORMAT_URI, "urn:oasis:names", true},
    {FORMAT_URI, "http://user:pw@host:8080/p%20q?x=[]", false},
    {FORMAT_URI, "http://user:pw@host:8080/p%20q?x=1#f", true},
    {FORMAT_URI, "http://[2001:db8::7]/c", true},
    {FORMAT_URI, "http://[2001:db8::7/c", false},
    {FORMAT_URI, "http://[::1]x/", false},
    {FORMAT_URI, "http://host:80a/", false},
    {FORMAT_URI, "http://a@b@c/", false},
    {FORMAT_URI, "http://a/%2", false},
    {FORMAT_URI, "http://a/%zz", false},
    {FORMAT_URI, "http://a/ b", false},
    {FORMAT_URI, "http://a/\xc3\xa9", false},
    {FORMAT_URI, "http://a/#b#c", false},
    {FORMAT_URI, "//host/path", false},
    {FORMAT_URI, ":a", false},
    {FORMAT_URI, "a:", true},
    {FORMAT_URI, "1a:b", false},
    {FORMAT_URI, "", false},
    {FORMAT_HOSTNAME, "a", true},
    {FORMAT_HOSTNAME, "1a.example", true},
    {FORMAT_HOSTNAME, "a..b", false},
    {FORMAT_HOSTNAME, "a.", false},
    {FORMAT_HOSTNAME, ".a", false},
    {FORMAT_HOSTNAME, "a-", false},
    {FORMAT_HOSTNAME, "a-.b", false},
    {FORMAT_HOSTNAME, "a_b", false},
    {FORMAT_HOSTNAME, "", false},
    {FORMAT_HOSTNAME, "a23456789012345678901234567890123456789012345678901234567890123", true},
    {FORMAT_HOSTNAME, "a234567890123456789012345678901234567890123456789012345678901234", false},
};

static void test_format_matches_both_sides_of_each_edge(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (format_matches(cases[i].format, str_of(cases[i].text)) != cases[i].matches) {
            print_error("%s: \"%s\"\n", format_name(cases[i].format), cases[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_format_find_knows_every_name(void **state)
{
    (void)state;
    for (int f = FORMAT_NONE + 1; f < FORMAT_COUNT; f++) {
        assert_int_equal(format_find(format_name((enum format)f)), f);
    }
    assert_int_equal(format_find("none"), FORMAT_NONE);
    assert_int_equal(format_find("time"), FORMAT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_matches_both_sides_of_each_edge),
        cmocka_unit_test(test_format_find_knows_every_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "worker/consume/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct str text(const char *p, size_t n)
{
    return (struct str){p, n};
}

static void test_key_split_takes_two_parts(void **state)
{
    (void)state;
    struct str tenant;
    struct str device;
    assert_true(key_split(str_of("acme\x1fveh-1"), &tenant, &device));
    assert_true(str_eq(tenant, str_of("acme")));
    assert_true(str_eq(device, str_of("veh-1")));
    /* The device may hold what it likes: it is compared with the event's own. */
    assert_true(key_split(str_of("a\x1f\x1f\xff"), &tenant, &device));
    assert_int_equal(device.n, 2);
}

static void test_key_split_refuses_what_is_no_key(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "a", "acme", "\x1fveh", "acme\x1f", "a\tb\x1fveh", "a\xff\x1fveh", "a\x7f\x1fveh",
    };
    struct str tenant;
    struct str device;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(key_split(str_of(bad[i]), &tenant, &device));
    }
    assert_false(key_split(text(NULL, 0), &tenant, &device));
}

static void test_key_split_keeps_the_caps_of_both_parts(void **state)
{
    (void)state;
    char key[KEY_MAX + 2];
    struct str tenant;
    struct str device;
    memset(key, 'x', sizeof key);
    key[KEY_TENANT_MAX] = KEY_SEPARATOR;
    assert_true(key_split(text(key, KEY_MAX), &tenant, &device));
    assert_int_equal(tenant.n, KEY_TENANT_MAX);
    assert_false(key_split(text(key, KEY_MAX + 1), &tenant, &device));
    key[KEY_TENANT_MAX] = 'x';
    key[KEY_TENANT_MAX + 1] = KEY_SEPARATOR;
    assert_false(key_split(text(key, KEY_MAX), &tenant, &device));
    memset(key, 'x', sizeof key);
    key[1] = KEY_SEPARATOR;
    assert_false(key_split(text(key, KEY_MAX), &tenant, &device)); /* the device is too long */
}

static void test_text_clean_replaces_and_never_cuts_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        size_t size;
        const char *want;
    } cases[] = {
        {"plain", 5, 32, "plain"},
        {"a\0b", 3, 32, "a?b"},
        {"\xff\xc3", 2, 32, "??"},
        {"\xc3\xa9", 2, 32, "\xc3\xa9"},
        {"x\xc3\xa9", 3, 3, "x"}, /* no room for both bytes */
        {"x\xc3\xa9", 3, 4, "x\xc3\xa9"},
        {"\xc0\x80", 2, 32, "??"},           /* overlong */
        {"\xed\xa0\x80", 3, 32, "???"},      /* surrogate */
        {"\xe0\x80\xaf", 3, 32, "???"},      /* overlong */
        {"\xf4\x90\x80\x80", 4, 32, "????"}, /* above U+10FFFF */
        {"\xf0\x9f\x98\x80", 4, 32, "\xf0\x9f\x98\x80"},
        {"\xe2\x82", 2, 32, "??"}, /* ends in the middle */
        {"abc", 3, 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[32];
        size_t n = text_clean(text(cases[i].in, cases[i].n), out, cases[i].size);
        assert_int_equal(n, strlen(cases[i].want));
        assert_string_equal(out, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_split_takes_two_parts),
        cmocka_unit_test(test_key_split_refuses_what_is_no_key),
        cmocka_unit_test(test_key_split_keeps_the_caps_of_both_parts),
        cmocka_unit_test(test_text_clean_replaces_and_never_cuts_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

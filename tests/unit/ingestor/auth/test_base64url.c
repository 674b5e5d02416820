#include "ingestor/auth/base64url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static void test_encode_vectors_of_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[32];
        uint8_t bytes[32];
        size_t n = 99;
        const size_t size = strlen(cases[i].bytes);
        assert_int_equal(base64url_size(size), strlen(cases[i].text));
        assert_int_equal(base64url_encode((const uint8_t *)cases[i].bytes, size, text),
                         strlen(cases[i].text));
        assert_memory_equal(text, cases[i].text, strlen(cases[i].text));
        assert_int_equal(base64url_decode(str_of(cases[i].text), bytes, sizeof bytes, &n), 0);
        assert_int_equal(n, size);
        assert_memory_equal(bytes, cases[i].bytes, size);
    }
}

static void test_decode_every_byte_is_a_digit_or_refused(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (int c = 0; c < 256; c++) {
        const char text[4] = {(char)c, 'A', 'A', 'A'};
        uint8_t out[3];
        size_t n = 0;
        const int rc = base64url_decode((struct str){text, sizeof text}, out, sizeof out, &n);
        taken += rc == 0;
        if (rc == 0) {
            char back[4];
            assert_int_equal(base64url_encode(out, n, back), 4);
            assert_memory_equal(back, text, sizeof text);
        }
    }
    assert_int_equal(taken, 64);
}

static void test_decode_other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "A",      "AAAAA", "Zg==", "Zg=",  "Zh",    "Zm9", /* unused bits set */
        "Zm9v\n", " Zm9v", "Zm9+", "Zm9/", "Zm9v.", "\xc3\xa9\xc3\xa9",
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t out[32];
        size_t n = 0;
        assert_int_equal(base64url_decode(str_of(cases[i]), out, sizeof out, &n), -1);
    }
    uint8_t out[4];
    size_t n = 0;
    assert_int_equal(base64url_decode((struct str){"AA\0A", 4}, out, sizeof out, &n), -1);
}

static void test_decode_cap_is_exact(void **state)
{
    (void)state;
    uint8_t out[8];
    char text[16];
    for (size_t size = 0; size <= sizeof out; size++) {
        const uint8_t zero[8] = {0};
        const struct str s = {text, base64url_encode(zero, size, text)};
        size_t n = 0;
        assert_int_equal(base64url_decode(s, out, size, &n), 0);
        assert_int_equal(n, size);
        if (size > 0) {
            assert_int_equal(base64url_decode(s, out, size - 1, &n), -1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_vectors_of_rfc_4648),
        cmocka_unit_test(test_decode_every_byte_is_a_digit_or_refused),
        cmocka_unit_test(test_decode_other_forms_are_refused),
        cmocka_unit_test(test_decode_cap_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

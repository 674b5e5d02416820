#include "common/config/conf_mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(int rc, struct buf *b, const char *expected)
{
    assert_int_equal(rc, 0);
    assert_int_equal(buf_add(b, "", 1), 0);
    assert_string_equal(b->p, expected);
    buf_release(b);
}

static void test_conf_mask_url_hides_the_password_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"postgres://user:pw@host:5432/db", "postgres://user:***@host:5432/db"},
        {"redis://:pw@host", "redis://:***@host"},
        {"postgres://user@host:5432/db", "postgres://user@host:5432/db"},
        {"postgres://host:5432/db", "postgres://host:5432/db"},
        {"http://host/a:b", "http://host/a:b"},
        {"postgres://u:p%40w@h/d", "postgres://u:***@h/d"},
        /* a password that should have been encoded: hidden to its end all the same */
        {"postgres://u:p@w/x@h/d", "postgres://u:***@h/d"},
        {"postgres://u:@h/d", "postgres://u:***@h/d"},
        {"postgres://h/d?user=u&password=pw&sslmode=require",
         "postgres://h/d?user=u&password=***&sslmode=require"},
        {"postgres://u:pw@h/d?sslpassword=pw", "postgres://u:***@h/d?sslpassword=***"},
        {"postgres://h/d?PASSWORD=pw", "postgres://h/d?PASSWORD=***"},
        {"postgres://h/d?password=", "postgres://h/d?password=***"},
        {"postgres://h/d?password", "postgres://h/d?password"},
        {"", ""},
        {"plain text", "plain text"},
        {"a@b:c", "a@b:c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b;
        buf_init(&b, 256);
        check(conf_mask_url(cases[i].in, &b), &b, cases[i].out);
    }
}

static void test_conf_mask_secret_hides_what_is_no_url_wholly(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"hunter2", "***"},
        {"host=h password=pw", "***"},
        {"", ""},
        {"postgres://u:p@h/d", "postgres://u:***@h/d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b;
        buf_init(&b, 256);
        check(conf_mask_secret(cases[i].in, &b), &b, cases[i].out);
    }
}

static void test_conf_mask_field_is_judged_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } cases[] = {
        {"id", "veh-1", "veh-1"},
        {"tenant", "acme", "acme"},
        {"sha256", "0123456789abcdef0123456789abcdef", "01234567..."},
        {"sha256", "0123456789abcdef", "***"},
        {"sha256", "", "***"},
        {"password_hash", "0123456789abcdef0", "01234567..."},
        {"secret", "hunter2", "***"},
        {"client_secret", "hunter2", "***"},
        {"password", "hunter2", "***"},
        {"private_key", "-----BEGIN", "***"},
        {"refresh_token", "x", "***"},
        {"url", "https://u:pw@h/", "https://u:***@h/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b;
        buf_init(&b, 256);
        check(conf_mask_field(cases[i].name, cases[i].in, &b), &b, cases[i].out);
    }
}

static void test_conf_mask_url_full_buffer_is_a_failure(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 30; limit++) {
        struct buf b;
        buf_init(&b, limit);
        const int rc = conf_mask_url("postgres://u:pw@h/d?password=x", &b);
        assert_int_equal(rc, -1);
        assert_true(b.n <= limit);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conf_mask_url_hides_the_password_and_nothing_else),
        cmocka_unit_test(test_conf_mask_secret_hides_what_is_no_url_wholly),
        cmocka_unit_test(test_conf_mask_field_is_judged_by_its_name),
        cmocka_unit_test(test_conf_mask_url_full_buffer_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

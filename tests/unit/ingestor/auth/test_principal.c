#include "ingestor/auth/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_permissions_parse_text_gives_the_set(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        unsigned set;
    } cases[] = {
        {"", 0, 0},
        {"  ", 0, 0},
        {"events:read", 0, PERMISSION_EVENTS_READ},
        {" events:write  events:read ", 0, PERMISSION_EVENTS_WRITE | PERMISSION_EVENTS_READ},
        {"events:write events:write", 0, PERMISSION_EVENTS_WRITE},
        {"events", -1, 0},
        {"events:read,events:write", -1, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        unsigned set = 0;
        struct str unknown = {0};
        assert_int_equal(permissions_parse(cases[i].text, &set, &unknown), cases[i].rc);
        if (cases[i].rc == 0) {
            assert_int_equal(set, cases[i].set);
        } else {
            assert_true(str_eq(unknown, str_of(cases[i].text)));
        }
    }
}

static void test_permission_name_is_what_parse_takes(void **state)
{
    (void)state;
    static const enum permission all[] = {PERMISSION_EVENTS_WRITE, PERMISSION_EVENTS_READ,
                                          PERMISSION_ADMIN};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        unsigned set = 0;
        struct str unknown = {0};
        assert_int_equal(permissions_parse(permission_name(all[i]), &set, &unknown), 0);
        assert_int_equal(set, all[i]);
    }
}

static void test_permissions_known_ignores_other_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned set;
    } cases[] = {
        {"", 0},
        {" ", 0},
        {"openid profile", 0},
        {"events:write:x Events:read admin2", 0},
        {"openid events:write  admin ", PERMISSION_EVENTS_WRITE | PERMISSION_ADMIN},
        {"events:read,events:write", 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(permissions_known(str_of(cases[i].text)), cases[i].set);
    }
    assert_int_equal(permissions_known((struct str){NULL, 0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permissions_parse_text_gives_the_set),
        cmocka_unit_test(test_permission_name_is_what_parse_takes),
        cmocka_unit_test(test_permissions_known_ignores_other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

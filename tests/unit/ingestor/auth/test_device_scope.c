#include "ingestor/auth/device_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/compiler.h"

static void test_allows_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *scope, *device;
        bool allowed;
    } cases[] = {
        {"veh-1", "veh-1", true},
        {"veh-1", "veh-12", false},
        {"veh-1", "veh-", false},
        {"veh-*", "veh-", true},
        {"veh-*", "veh-000017", true},
        {"veh-*", "car-1", false},
        {"*", "", true},
        {"*", "anything", true},
        {"veh-??", "veh-12", true},
        {"veh-??", "veh-1", false},
        {"veh-??", "veh-123", false},
        {"*-eu-*", "veh-eu-7", true},
        {"*-eu-*", "veh-us-7", false},
        {"a*b*c", "axxbyybzc", true},
        {"a*b*c", "axxbyybz", false},
        {"veh-1 veh-2", "veh-2", true},
        {"veh-1 veh-2", "veh-1 veh-2", false},
        {"car-* veh-*", "veh-9", true},
        {"", "veh-1", false},
        {"", "", false},
        {"VEH-1", "veh-1", false},
        {"**a", "ba", true},
        {"*.", "veh-1", false},
        {"v*h-1", "vh-1", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(device_scope_allows(str_of(cases[i].scope), str_of(cases[i].device)),
                         cases[i].allowed);
    }
}

static void test_allows_no_scope_means_every_device(void **state)
{
    (void)state;
    assert_true(device_scope_allows((struct str){NULL, 0}, str_of("veh-1")));
}

static void test_allows_many_stars_stay_cheap(void **state)
{
    (void)state;
    /* 2^200 steps for a matcher that tries every star. */
    char scope[401];
    char device[401];
    for (size_t i = 0; i < 400; i++) {
        scope[i] = i % 2 == 0 ? 'a' : '*';
        device[i] = 'a';
    }
    scope[400] = 'b';
    device[400] = 'a';
    assert_false(device_scope_allows((struct str){scope, 401}, (struct str){device, 401}));
}

static void test_valid_texts(void **state)
{
    (void)state;
    static const struct {
        const char *scope;
        bool valid;
    } cases[] = {{"", true},      {"a", true},     {"a b", true},   {"veh-* car-??", true},
                 {" a", false},   {"a ", false},   {"a  b", false}, {" ", false},
                 {"a\tb", false}, {"a\nb", false}, {"a\x7f", false}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(device_scope_valid(str_of(cases[i].scope)), cases[i].valid);
    }
    char longest[DEVICE_SCOPE_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(device_scope_valid((struct str){longest, DEVICE_SCOPE_MAX}));
    assert_false(device_scope_valid((struct str){longest, DEVICE_SCOPE_MAX + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allows_patterns),
        cmocka_unit_test(test_allows_no_scope_means_every_device),
        cmocka_unit_test(test_allows_many_stars_stay_cheap),
        cmocka_unit_test(test_valid_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

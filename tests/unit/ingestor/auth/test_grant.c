#include "ingestor/auth/grant.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static void test_new_copies_the_texts(void **state)
{
    (void)state;
    char id[] = "subject";
    char tenant[] = "tenant";
    char devices[] = "veh-*";
    const struct grant values = {.expires_s = 7,
                                 .principal = {.id = str_of(id),
                                               .tenant = str_of(tenant),
                                               .permissions = PERMISSION_ADMIN,
                                               .devices = str_of(devices)}};
    struct grant *g = grant_new(&values);
    memset(id, 'x', sizeof id);
    memset(tenant, 'x', sizeof tenant);
    memset(devices, 'x', sizeof devices);
    assert_true(str_eq(g->principal.id, str_of("subject")));
    assert_true(str_eq(g->principal.tenant, str_of("tenant")));
    assert_true(str_eq(g->principal.devices, str_of("veh-*")));
    assert_int_equal(g->principal.permissions, PERMISSION_ADMIN);
    assert_int_equal(g->expires_s, 7);
    assert_int_equal(grant_bytes(g), sizeof *g + 7 + 6 + 5);
    grant_unref(g);
}

/* No pattern at all and the empty pattern mean opposite things. */
static void test_new_keeps_absent_and_empty_devices_apart(void **state)
{
    (void)state;
    const struct grant absent = {.principal = {.id = str_of("s"), .tenant = str_of("t")}};
    struct grant empty = absent;
    empty.principal.devices = str_of("");
    struct grant *a = grant_new(&absent);
    struct grant *b = grant_new(&empty);
    assert_null(a->principal.devices.p);
    assert_non_null(b->principal.devices.p);
    grant_unref(a);
    grant_unref(b);
}

static void test_unref_of_one_leaves_the_others(void **state)
{
    (void)state;
    const struct grant values = {.principal = {.id = str_of("s"), .tenant = str_of("t")}};
    struct grant *g = grant_new(&values);
    struct grant *held = grant_ref(g);
    grant_unref(g);
    assert_true(str_eq(held->principal.id, str_of("s")));
    grant_unref(held);
    grant_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_copies_the_texts),
        cmocka_unit_test(test_new_keeps_absent_and_empty_devices_apart),
        cmocka_unit_test(test_unref_of_one_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "worker/consume/devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_devices_intern_gives_one_number_per_key(void **state)
{
    (void)state;
    struct devices d;
    devices_init(&d);
    uint32_t a = devices_intern(&d, str_of("t\x1f"
                                           "a"));
    uint32_t b = devices_intern(&d, str_of("t\x1f"
                                           "b"));
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(devices_intern(&d, str_of("t\x1f"
                                               "a")),
                     a);
    assert_true(str_eq(devices_tenant(&d, b), str_of("t")));
    assert_true(str_eq(devices_device(&d, b), str_of("b")));
    assert_int_equal(devices_intern(&d, str_of("no key")), DEVICES_BAD);
    assert_int_equal(d.n, 2);
    devices_reset(&d);
    assert_int_equal(devices_intern(&d, str_of("t\x1f"
                                               "b")),
                     0);
    devices_release(&d);
}

static void test_devices_intern_many_survives_growth(void **state)
{
    (void)state;
    struct devices d;
    devices_init(&d);
    char key[32];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 20000; i++) {
            int n = snprintf(key, sizeof key, "t\x1f%u", i * 2654435761U);
            assert_int_equal(devices_intern(&d, (struct str){key, (size_t)n}), i);
        }
    }
    assert_int_equal(d.n, 20000);
    devices_release(&d);
}

static void test_devices_rank_orders_by_device_then_tenant(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint32_t rank;
    } cases[] = {
        {"b\x1fveh-2", 3}, {"a\x1fveh-2", 2},        {"z\x1fveh-1", 1},
        {"a\x1fveh", 0},   {"a\x1fveh-\xc3\xa9", 4}, /* bytes, not a language's order */
    };
    struct devices d;
    devices_init(&d);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(devices_intern(&d, str_of(cases[i].key)), i);
    }
    devices_rank(&d);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(d.items[i].rank, cases[i].rank);
    }
    devices_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices_intern_gives_one_number_per_key),
        cmocka_unit_test(test_devices_intern_many_survives_growth),
        cmocka_unit_test(test_devices_rank_orders_by_device_then_tenant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

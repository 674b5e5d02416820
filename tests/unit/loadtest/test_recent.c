#include "loadtest/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(struct recent *r, uint32_t device, uint32_t seq, int64_t event_us, int64_t ack_us)
{
    recent_put(r, &(struct recent_event){event_us, ack_us, device, seq});
}

static void test_recent_take_gives_the_acknowledgement_once(void **state)
{
    (void)state;
    struct recent *r = recent_new(10);
    put(r, 3, 4, 0, 77);
    assert_int_equal(recent_take(r, 3, 5), -1);
    assert_int_equal(recent_take(r, 3, 4), 77);
    assert_int_equal(recent_take(r, 3, 4), -1);
    recent_free(r);
}

static void test_recent_put_of_a_device_outside_the_sample_only_counts(void **state)
{
    (void)state;
    struct recent *r = recent_new(10);
    put(r, 10, 0, 5999999, 77);
    assert_int_equal(recent_take(r, 10, 0), -1);
    assert_int_equal(recent_accepted(r, 5), 1);
    assert_int_equal(recent_accepted(r, 6), 0);
    recent_forget(r, 5);
    assert_int_equal(recent_accepted(r, 5), 0);
    recent_free(r);
}

static void test_recent_open_is_what_was_set(void **state)
{
    (void)state;
    struct recent *r = recent_new(1);
    assert_int_equal(recent_open(r), 0);
    recent_set_open(r, 123456789);
    assert_int_equal(recent_open(r), 123456789);
    recent_free(r);
}

static void test_recent_take_finds_nearly_all_of_the_last_thousands(void **state)
{
    (void)state;
    struct recent *r = recent_new(1000);
    int found = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        put(r, i % 1000, i / 1000, 0, i);
        if (i >= 2000) {
            uint32_t old = i - 2000;
            int64_t ack = recent_take(r, old % 1000, old / 1000);
            assert_true(ack == -1 || ack == old);
            found += ack == old;
        }
    }
    assert_true(found > 185000);
    recent_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recent_take_gives_the_acknowledgement_once),
        cmocka_unit_test(test_recent_put_of_a_device_outside_the_sample_only_counts),
        cmocka_unit_test(test_recent_open_is_what_was_set),
        cmocka_unit_test(test_recent_take_finds_nearly_all_of_the_last_thousands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

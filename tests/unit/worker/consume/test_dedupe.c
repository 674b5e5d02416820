#include "worker/consume/dedupe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/base/clock.h"

static const uint8_t *id_of(uint64_t n)
{
    static uint8_t id[EVENT_ID_SIZE];
    memset(id, 0xab, sizeof id);
    memcpy(id, &n, sizeof n);
    return id;
}

static void test_dedupe_seen_later_offset_is_a_duplicate(void **state)
{
    (void)state;
    struct dedupe *d = dedupe_new(1000, US_PER_S, 1);
    assert_false(dedupe_seen(d, id_of(7), 100, 0));
    assert_true(dedupe_seen(d, id_of(7), 101, 0));
    assert_true(dedupe_seen(d, id_of(7), 5000, 0));
    assert_false(dedupe_seen(d, id_of(8), 5001, 0));
    dedupe_free(d);
}

static void test_dedupe_seen_same_offset_again_is_none(void **state)
{
    (void)state;
    struct dedupe *d = dedupe_new(1000, US_PER_S, 1);
    assert_false(dedupe_seen(d, id_of(7), 100, 0));
    assert_true(dedupe_seen(d, id_of(7), 101, 0));
    /* The batch was given up and is consumed anew from its first offset. */
    assert_false(dedupe_seen(d, id_of(7), 100, 0));
    assert_true(dedupe_seen(d, id_of(7), 101, 0));
    dedupe_free(d);
}

static void test_dedupe_seen_earlier_offset_takes_the_place(void **state)
{
    (void)state;
    struct dedupe *d = dedupe_new(1000, US_PER_S, 1);
    assert_false(dedupe_seen(d, id_of(7), 200, 0));
    assert_false(dedupe_seen(d, id_of(7), 150, 0)); /* the log was re-read from further back */
    assert_true(dedupe_seen(d, id_of(7), 200, 0));
    dedupe_free(d);
}

static void test_dedupe_seen_offset_past_32_bits_is_compared_right(void **state)
{
    (void)state;
    struct dedupe *d = dedupe_new(1000, US_PER_S, 1);
    int64_t edge = INT64_C(1) << 32;
    assert_false(dedupe_seen(d, id_of(1), edge - 1, 0));
    assert_true(dedupe_seen(d, id_of(1), edge + 1, 0));
    dedupe_free(d);
}

static void test_dedupe_window_remembers_half_to_all_of_max_ids(void **state)
{
    (void)state;
    const size_t max_ids = 100000;
    struct dedupe *d = dedupe_new(max_ids, INT64_MAX / 4, 99);
    const uint64_t total = 400000;
    for (uint64_t i = 0; i < total; i++) {
        assert_false(dedupe_seen(d, id_of(i), (int64_t)i, 0));
        assert_true(dedupe_state(d).ids <= max_ids);
    }
    /* Tables are powers of two: at least a quarter of the limit is always there. */
    for (uint64_t i = total - max_ids / 4; i < total; i++) {
        assert_true(dedupe_seen(d, id_of(i), (int64_t)(total + i), 0));
    }
    assert_true(dedupe_state(d).bytes <= max_ids * 16);
    dedupe_free(d);
}

static void test_dedupe_window_forgets_by_time(void **state)
{
    (void)state;
    struct dedupe *d = dedupe_new(1000, 10 * US_PER_S, 1);
    assert_int_equal(dedupe_state(d).oldest_us, INT64_MAX);
    assert_false(dedupe_seen(d, id_of(1), 1, 0));
    assert_int_equal(dedupe_state(d).oldest_us, 0);
    assert_true(dedupe_seen(d, id_of(1), 2, 4 * US_PER_S));
    assert_false(dedupe_seen(d, id_of(2), 3, 5 * US_PER_S)); /* rotates */
    assert_true(dedupe_seen(d, id_of(1), 4, 9 * US_PER_S));
    assert_false(dedupe_seen(d, id_of(3), 5, 10 * US_PER_S)); /* rotates: id 1 is gone */
    assert_false(dedupe_seen(d, id_of(1), 6, 10 * US_PER_S));
    dedupe_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dedupe_seen_later_offset_is_a_duplicate),
        cmocka_unit_test(test_dedupe_seen_same_offset_again_is_none),
        cmocka_unit_test(test_dedupe_seen_earlier_offset_takes_the_place),
        cmocka_unit_test(test_dedupe_seen_offset_past_32_bits_is_compared_right),
        cmocka_unit_test(test_dedupe_window_remembers_half_to_all_of_max_ids),
        cmocka_unit_test(test_dedupe_window_forgets_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "loadtest/ident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/base/random.h"

static void test_ident_parse_of_what_was_made_gives_device_and_seq(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 1);
    for (int i = 0; i < 10000; i++) {
        uint64_t run = rng_next(&r);
        uint32_t device = (uint32_t)rng_below(&r, IDENT_DEVICES_MAX);
        uint32_t seq = (uint32_t)rng_next(&r);
        uint8_t id[IDENT_SIZE];
        ident_make(run, device, seq, id);
        assert_int_equal(id[6] >> 4, 8);   /* version of RFC 9562 */
        assert_int_equal(id[8] >> 6, 0x2); /* variant */
        uint32_t d;
        uint32_t s;
        assert_true(ident_parse(run, id, &d, &s));
        assert_int_equal(d, device);
        assert_int_equal(s, seq);
    }
}

static void test_ident_parse_of_another_run_is_refused(void **state)
{
    (void)state;
    uint64_t run = UINT64_C(0x0123456789abcdef);
    uint8_t id[IDENT_SIZE];
    uint32_t d;
    uint32_t s;
    for (unsigned bit = 0; bit < 64; bit++) {
        ident_make(run ^ (UINT64_C(1) << bit), 5, 6, id);
        assert_false(ident_parse(run, id, &d, &s));
    }
}

static void test_ident_order_of_ids_is_device_then_seq(void **state)
{
    (void)state;
    uint8_t a[IDENT_SIZE];
    uint8_t b[IDENT_SIZE];
    ident_make(7, 1, UINT32_MAX, a);
    ident_make(7, 2, 0, b);
    assert_true(memcmp(a, b, sizeof a) < 0);
    ident_make(7, (UINT32_C(1) << 24) - 1, 0, a);
    ident_make(7, UINT32_C(1) << 24, 0, b);
    assert_true(memcmp(a, b, sizeof a) < 0);
}

static void test_ident_patch_gives_the_text_of_the_id(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 2);
    uint64_t run = rng_next(&r);
    uint8_t id[IDENT_SIZE];
    char text[IDENT_TEXT];
    char patched[IDENT_TEXT];
    ident_make(run, 0, 0, id);
    ident_text(id, patched);
    for (int i = 0; i < 1000; i++) {
        uint32_t device = (uint32_t)rng_below(&r, IDENT_DEVICES_MAX);
        uint32_t seq = (uint32_t)rng_next(&r);
        ident_make(run, device, seq, id);
        ident_text(id, text);
        ident_patch(patched, run, device, seq);
        assert_memory_equal(text, patched, IDENT_TEXT);
    }
}

static void test_ident_text_is_canonical(void **state)
{
    (void)state;
    uint8_t id[IDENT_SIZE];
    char text[IDENT_TEXT];
    ident_make(UINT64_C(0x0123456789abcdef), 0x2abcdef, 0x1234, id);
    ident_text(id, text);
    assert_memory_equal(text, "01234567-89ab-8cde-beab-cdef00001234", IDENT_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ident_parse_of_what_was_made_gives_device_and_seq),
        cmocka_unit_test(test_ident_parse_of_another_run_is_refused),
        cmocka_unit_test(test_ident_order_of_ids_is_device_then_seq),
        cmocka_unit_test(test_ident_patch_gives_the_text_of_the_id),
        cmocka_unit_test(test_ident_text_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

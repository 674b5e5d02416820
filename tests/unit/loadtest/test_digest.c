#include "loadtest/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/random.h"
#include "loadtest/decimal.h"

/* What the database stores is what strtof and strtod read from the text that was sent. */
static void test_digest_decimal_is_what_strtod_reads_from_the_printed_text(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 11);
    for (int i = 0; i < 200000; i++) {
        unsigned decimals = (unsigned)rng_below(&r, 7);
        int64_t m = (int64_t)rng_below(&r, (1 << 25) - 1) - ((1 << 24) - 1);
        char text[DECIMAL_MAX + 1];
        *decimal_put_fixed(text, m, decimals) = '\0';
        float f = digest_decimal_real(m, decimals);
        float expected_f = strtof(text, NULL);
        assert_memory_equal(&f, &expected_f, sizeof f);
        int64_t wide = m * (int64_t)rng_below(&r, 1 << 20);
        *decimal_put_fixed(text, wide, decimals) = '\0';
        double d = digest_decimal_float8(wide, decimals);
        double expected_d = strtod(text, NULL);
        assert_memory_equal(&d, &expected_d, sizeof d);
    }
}

static uint64_t digest_of(int64_t time_us, const char *device, int variant)
{
    struct digest d;
    digest_begin(&d, time_us, str_of(device));
    variant == 1 ? digest_null(&d) : digest_real(&d, variant == 2 ? 1.5F : 1.0F);
    digest_text(&d, str_of(variant == 3 ? "ab" : "a"));
    digest_text(&d, str_of(variant == 3 ? "" : "b"));
    return digest_end(&d);
}

static void test_digest_differs_when_any_part_differs(void **state)
{
    (void)state;
    uint64_t base = digest_of(1, "veh", 0);
    assert_true(base == digest_of(1, "veh", 0));
    assert_true(base != digest_of(2, "veh", 0));
    assert_true(base != digest_of(1, "veg", 0));
    for (int variant = 1; variant <= 3; variant++) {
        assert_true(base != digest_of(1, "veh", variant));
    }
}

static void test_digest_text_longer_than_its_cap_still_counts_whole(void **state)
{
    (void)state;
    char text[3 * DIGEST_TEXT_MAX];
    uint64_t digests[2];
    for (int i = 0; i < 2; i++) {
        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = i == 0 ? 'x' : 'y';
        struct digest d;
        digest_begin(&d, 1, str_of("veh"));
        for (int c = 0; c < DIGEST_COLUMNS_MAX; c++) {
            digest_text(&d, (struct str){text, sizeof text});
        }
        digests[i] = digest_end(&d);
    }
    assert_true(digests[0] != digests[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digest_decimal_is_what_strtod_reads_from_the_printed_text),
        cmocka_unit_test(test_digest_differs_when_any_part_differs),
        cmocka_unit_test(test_digest_text_longer_than_its_cap_still_counts_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

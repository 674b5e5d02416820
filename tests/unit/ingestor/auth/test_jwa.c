#include "ingestor/auth/jwa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_find_own_names_and_no_other(void **state)
{
    (void)state;
    static const char *const strangers[] = {"none",   "None",   "NONE",   "",    "hs256",
                                            "HS256 ", "HS25",   "ES256K", "RS1", "Ed25519",
                                            "EDDSA",  "A128KW", "dir"};
    enum jwa_alg alg = JWA_ALGS;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        assert_int_equal(jwa_find(str_of(jwa_of((enum jwa_alg)i)->name), &alg), 0);
        assert_int_equal(alg, i);
    }
    for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
        assert_int_equal(jwa_find(str_of(strangers[i]), &alg), -1);
    }
    assert_int_equal(jwa_find((struct str){"HS256\0", 6}, &alg), -1);
    assert_int_equal(jwa_find((struct str){NULL, 0}, &alg), -1);
}

static void test_find_curve_gives_its_one_algorithm(void **state)
{
    (void)state;
    enum jwa_alg alg = JWA_ALGS;
    assert_int_equal(jwa_find_curve(str_of("P-256"), &alg), 0);
    assert_int_equal(alg, JWA_ES256);
    assert_int_equal(jwa_find_curve(str_of("P-384"), &alg), 0);
    assert_int_equal(alg, JWA_ES384);
    assert_int_equal(jwa_find_curve(str_of("P-521"), &alg), 0);
    assert_int_equal(alg, JWA_ES512);
    assert_int_equal(jwa_find_curve(str_of("secp256k1"), &alg), -1);
    assert_int_equal(jwa_find_curve(str_of("Ed25519"), &alg), -1);
    assert_int_equal(jwa_find_curve((struct str){NULL, 0}, &alg), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_own_names_and_no_other),
        cmocka_unit_test(test_find_curve_gives_its_one_algorithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/auth/signature.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/compiler.h"
#include "ingestor/auth/base64url.h"

/* The published examples: RFC 7515 appendix A.1 to A.4, RFC 8037 appendix A. What the verifier
 * makes of fresh keys is in test_jwt.c. */

static const char KEYS[] =
    "{\"keys\":["
    "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"HS256\",\"k\":"
    "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-"
    "EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"},"
    "{\"kty\":\"RSA\",\"kid\":\"RS256\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
    "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
    "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
    "DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"ES256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"EdDSA\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

#define JOE                                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"

static const struct {
    enum jwa_alg alg;
    const char *text, *signature;
} EXAMPLES[] = {
    {JWA_HS256, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE,
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {JWA_RS256, "eyJhbGciOiJSUzI1NiJ9." JOE,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
     "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHl"
     "b1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9"
     "QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {JWA_ES256, "eyJhbGciOiJFUzI1NiJ9." JOE,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {JWA_EDDSA, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

static void test_check_examples_of_the_standards(void **state)
{
    (void)state;
    static const struct keyset_policy policy = {
        .rsa_alg = JWA_RS256, .secrets = true, .strict = true};
    struct keyset_report report;
    struct err e = {0};
    struct keyset *set = keyset_parse(str_of(KEYS), &policy, &report, &e);
    assert_non_null(set);
    struct signature_checker *c = signature_checker_new();
    for (size_t i = 0; i < ARRAY_SIZE(EXAMPLES); i++) {
        uint8_t signature[SIGNATURE_MAX];
        size_t n = 0;
        const struct key *key = NULL;
        const struct str kid = str_of(jwa_of(EXAMPLES[i].alg)->name);
        struct str text = str_of(EXAMPLES[i].text);
        assert_int_equal(keyset_find(set, EXAMPLES[i].alg, kid, &key), KEYSET_FOUND);
        assert_int_equal(
            base64url_decode(str_of(EXAMPLES[i].signature), signature, sizeof signature, &n), 0);
        assert_true(signature_check(c, key, text, signature, n));
        /* The checker is as good as new after each outcome. */
        text.n--;
        assert_false(signature_check(c, key, text, signature, n));
        text.n++;
        signature[n / 2] ^= 1;
        assert_false(signature_check(c, key, text, signature, n));
        signature[n / 2] ^= 1;
        assert_true(signature_check(c, key, text, signature, n));
    }
    signature_checker_free(c);
    keyset_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_examples_of_the_standards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/auth/keyset.h"

#include "tests/unit/ingestor/auth/mint.h"

#include "common/base/compiler.h"

static const struct keyset_policy FILE_POLICY = {
    .rsa_alg = JWA_RS256, .secrets = true, .strict = true};
static const struct keyset_policy URL_POLICY = {.rsa_alg = JWA_RS256};

static struct keyset *parse(const char *text, const struct keyset_policy *policy,
                            struct keyset_report *report, struct err *e)
{
    return keyset_parse(str_of(text), policy, report, e);
}

/* {"keys":[…]} of what is in items, as a C string in out. */
static const char *wrap(struct buf *out, const struct buf *items)
{
    buf_reset(out);
    mint_add(out, "{\"keys\":[");
    assert_int_equal(buf_add(out, items->p, items->n), 0);
    assert_int_equal(buf_add(out, "]}", 3), 0);
    return out->p;
}

static void test_parse_every_algorithm_is_bound_to_its_key(void **state)
{
    (void)state;
    struct buf items, text;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    for (size_t i = 0; i < JWA_ALGS; i++) {
        const enum jwa_alg alg = (enum jwa_alg)i;
        struct mint_key k;
        struct keyset_report report;
        struct err e = {0};
        const struct key *found = NULL;
        mint_init(&k, alg);
        buf_reset(&items);
        mint_named_jwk(&items, &k, "a");
        struct keyset *set = parse(wrap(&text, &items), &FILE_POLICY, &report, &e);
        assert_non_null(set);
        assert_int_equal(keyset_count(set), 1);
        assert_int_equal(keyset_find(set, alg, str_of("a"), &found), KEYSET_FOUND);
        assert_int_equal(key_alg(found), alg);
        assert_int_equal(keyset_find(set, alg, (struct str){NULL, 0}, &found), KEYSET_FOUND);
        assert_int_equal(keyset_find(set, alg, str_of("b"), &found), KEYSET_UNKNOWN);
        assert_int_equal(keyset_find(set, alg, str_of(""), &found), KEYSET_UNKNOWN);
        for (size_t j = 0; j < JWA_ALGS; j++) {
            if (j != i) {
                const enum jwa_alg other = (enum jwa_alg)j;
                assert_int_equal(keyset_find(set, other, str_of("a"), &found), KEYSET_WRONG_ALG);
                assert_int_equal(keyset_find(set, other, (struct str){NULL, 0}, &found),
                                 KEYSET_UNKNOWN);
            }
        }
        keyset_unref(set);
        mint_release(&k);
    }
    buf_release(&items);
    buf_release(&text);
}

static void test_parse_without_alg_is_derived_where_unambiguous(void **state)
{
    (void)state;
    static const struct {
        enum jwa_alg made, rsa_alg, bound;
    } cases[] = {{JWA_RS256, JWA_RS256, JWA_RS256}, {JWA_RS256, JWA_PS384, JWA_PS384},
                 {JWA_ES256, JWA_RS256, JWA_ES256}, {JWA_ES384, JWA_RS256, JWA_ES384},
                 {JWA_ES512, JWA_RS256, JWA_ES512}, {JWA_EDDSA, JWA_RS256, JWA_EDDSA}};
    struct buf items, text;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct mint_key k;
        struct keyset_report report;
        struct err e = {0};
        const struct key *found = NULL;
        const struct keyset_policy policy = {.rsa_alg = cases[i].rsa_alg, .strict = true};
        mint_init(&k, cases[i].made);
        buf_reset(&items);
        mint_jwk(&items, &k, "");
        struct keyset *set = parse(wrap(&text, &items), &policy, &report, &e);
        assert_non_null(set);
        assert_int_equal(keyset_find(set, cases[i].bound, (struct str){NULL, 0}, &found),
                         KEYSET_FOUND);
        keyset_unref(set);
        mint_release(&k);
    }
    buf_release(&items);
    buf_release(&text);
}

static void test_find_without_kid_needs_a_single_key(void **state)
{
    (void)state;
    struct mint_key a, b;
    struct buf items, text;
    struct keyset_report report;
    struct err e = {0};
    const struct key *found = NULL;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    mint_init(&a, JWA_ES256);
    mint_init(&b, JWA_ES256);
    mint_named_jwk(&items, &a, "a");
    mint_add(&items, ",");
    mint_named_jwk(&items, &b, "b");
    struct keyset *set = parse(wrap(&text, &items), &FILE_POLICY, &report, &e);
    assert_non_null(set);
    assert_int_equal(keyset_find(set, JWA_ES256, (struct str){NULL, 0}, &found), KEYSET_UNKNOWN);
    assert_int_equal(keyset_find(set, JWA_ES256, str_of("b"), &found), KEYSET_FOUND);
    keyset_unref(set);
    mint_release(&a);
    mint_release(&b);
    buf_release(&items);
    buf_release(&text);
}

/* Secrets and public keys with one kid are still two keys with one kid. */
static void test_parse_duplicate_kid_is_refused(void **state)
{
    (void)state;
    static const enum jwa_alg pairs[][2] = {{JWA_ES256, JWA_ES256},
                                            {JWA_ES256, JWA_EDDSA},
                                            {JWA_ES256, JWA_HS256},
                                            {JWA_HS256, JWA_ES256},
                                            {JWA_HS256, JWA_HS256}};
    struct buf items, text;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct mint_key a, b;
        struct keyset_report report;
        struct err e = {0};
        mint_init(&a, pairs[i][0]);
        mint_init(&b, pairs[i][1]);
        buf_reset(&items);
        mint_named_jwk(&items, &a, "same");
        mint_add(&items, ",");
        mint_named_jwk(&items, &b, "same");
        assert_null(parse(wrap(&text, &items), &FILE_POLICY, &report, &e));
        assert_non_null(strstr(e.text, "two keys with kid \"same\""));
        mint_release(&a);
        mint_release(&b);
    }
    buf_release(&items);
    buf_release(&text);
}

static void test_parse_documents_that_are_no_key_sets_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "empty"},
        {"[]", "not an object"},
        {"{}", "must be an array"},
        {"{\"keys\":{}}", "must be an array"},
        {"{\"keys\":[]}", "no usable key"},
        {"{\"keys\":[],\"keys\":[]}", "duplicate member"},
        {"{\"keys\":[]} x", "more than one value"},
        {"{\"keys\":[\"a\\u0000\"]}", "u0000"},
        {"{\"keys\":[1]}", "\"kty\""},
        {"{\"keys\":[{\"kty\":1}]}", "\"kty\""},
        {"{\"keys\":[{\"kty\":\"oct\",\"kty\":\"RSA\"}]}", "duplicate member"},
        {"{\"keys\":[{\"kty\":\"XYZ\"},{\"kty\":\"EC\",\"crv\":\"secp256k1\"}]}",
         "no usable key (2 of other"},
        {"{\"keys\":[{\"kty\":\"RSA\"}]}", "\"n\" must be base64url"},
        {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "needs \"alg\""},
        {"{\"keys\":[{\"kty\":\"oct\",\"alg\":\"RS256\",\"k\":\"AAAA\"}]}", "does not fit"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"HS256\",\"n\":\"AAAA\",\"e\":\"AQAB\"}]}",
         "does not fit"},
        {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", "32 bytes"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct keyset_report report;
        struct err e = {0};
        assert_null(parse(cases[i].text, &FILE_POLICY, &report, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, cases[i].reason));
    }
    struct keyset_report report;
    struct err e = {0};
    static const char nul[] = "{\"keys\":1\0}";
    assert_null(keyset_parse((struct str){nul, sizeof nul - 1}, &FILE_POLICY, &report, &e));
    assert_non_null(strstr(e.text, "0x00"));
}

static void test_parse_caps_on_bytes_and_keys(void **state)
{
    (void)state;
    struct keyset_report report;
    struct err e = {0};
    struct buf items, text;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    for (size_t i = 0; i < KEYSET_KEYS_MAX + 1; i++) {
        mint_add(&items, i == 0 ? "{\"kty\":\"x\"}" : ",{\"kty\":\"x\"}");
    }
    assert_null(parse(wrap(&text, &items), &URL_POLICY, &report, &e));
    assert_non_null(strstr(e.text, "at most 256"));
    for (size_t i = 0; i <= KEYSET_TEXT_MAX; i += 16) {
        mint_add(&items, "                ");
    }
    assert_null(parse(wrap(&text, &items), &URL_POLICY, &report, &e));
    assert_non_null(strstr(e.text, "the cap is"));
    buf_release(&items);
    buf_release(&text);
}

/* One good key beside one that the case spoils by further members. */
static struct keyset *parse_beside_good(const struct mint_key *good, const struct mint_key *bad,
                                        const char *more, const struct keyset_policy *policy,
                                        struct keyset_report *report, struct err *e)
{
    struct buf items, text;
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    mint_named_jwk(&items, good, "good");
    mint_add(&items, ",");
    mint_jwk(&items, bad, more);
    struct keyset *set = parse(wrap(&text, &items), policy, report, e);
    buf_release(&items);
    buf_release(&text);
    return set;
}

static void test_parse_keys_for_other_uses_are_skipped_and_counted(void **state)
{
    (void)state;
    static const char *const cases[] = {
        ",\"use\":\"enc\"",        ",\"use\":1",
        ",\"key_ops\":[\"sign\"]", ",\"key_ops\":[]",
        ",\"key_ops\":\"verify\"", ",\"alg\":\"RSA-OAEP\"",
        ",\"alg\":\"none\"",       ",\"alg\":1",
        ",\"alg\":null",
    };
    struct mint_key good, other;
    mint_init(&good, JWA_EDDSA);
    mint_init(&other, JWA_RS256);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct keyset_report report;
        struct err e = {0};
        struct keyset *set = parse_beside_good(&good, &other, cases[i], &FILE_POLICY, &report, &e);
        assert_non_null(set);
        assert_int_equal(report.usable, 1);
        assert_int_equal(report.skipped, 1);
        assert_int_equal(report.refused, 0);
        keyset_unref(set);
    }
    mint_release(&good);
    mint_release(&other);
}

static void test_parse_keys_that_break_a_rule(void **state)
{
    (void)state;
    static const struct {
        enum jwa_alg alg;
        const char *more, *reason;
    } cases[] = {
        {JWA_RS256, ",\"d\":\"AQAB\"", "private key"},
        {JWA_ES256, ",\"d\":null", "private key"},
        {JWA_EDDSA, ",\"d\":\"AQAB\"", "private key"},
        {JWA_RS256, ",\"alg\":\"ES256\"", "does not fit"},
        {JWA_RS256, ",\"alg\":\"HS256\"", "does not fit"},
        {JWA_ES256, ",\"alg\":\"ES384\"", "does not fit"},
        {JWA_ES256, ",\"alg\":\"EdDSA\"", "does not fit"},
        {JWA_ES256, ",\"kid\":1", "\"kid\" must be"},
    };
    struct mint_key good;
    mint_init(&good, JWA_EDDSA);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct mint_key bad;
        struct keyset_report report;
        struct err e = {0};
        mint_init(&bad, cases[i].alg);
        assert_null(parse_beside_good(&good, &bad, cases[i].more, &FILE_POLICY, &report, &e));
        assert_non_null(strstr(e.text, cases[i].reason));
        assert_non_null(strstr(e.text, "key 1: "));
        /* From a URL the rest of the set is still worth having. */
        struct keyset *set =
            parse_beside_good(&good, &bad, cases[i].more, &URL_POLICY, &report, &e);
        assert_non_null(set);
        assert_int_equal(report.usable, 1);
        assert_int_equal(report.refused, 1);
        assert_non_null(strstr(report.refusal.text, cases[i].reason));
        keyset_unref(set);
        mint_release(&bad);
    }
    mint_release(&good);
}

static void test_parse_secrets_of_a_url_are_skipped(void **state)
{
    (void)state;
    struct mint_key good, secret;
    struct keyset_report report;
    struct err e = {0};
    const struct key *found = NULL;
    mint_init(&good, JWA_EDDSA);
    mint_init(&secret, JWA_HS256);
    struct keyset *set = parse_beside_good(&good, &secret, ",\"alg\":\"HS256\",\"kid\":\"s\"",
                                           &URL_POLICY, &report, &e);
    assert_non_null(set);
    assert_int_equal(report.skipped, 1);
    assert_int_equal(keyset_find(set, JWA_HS256, str_of("s"), &found), KEYSET_UNKNOWN);
    keyset_unref(set);
    mint_release(&good);
    mint_release(&secret);
}

static void test_parse_secret_lengths(void **state)
{
    (void)state;
    static const enum jwa_alg algs[] = {JWA_HS256, JWA_HS384, JWA_HS512};
    struct mint_key good;
    mint_init(&good, JWA_EDDSA);
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct mint_key k;
        struct keyset_report report;
        struct err e = {0};
        char more[64];
        mint_init(&k, algs[i]);
        snprintf(more, sizeof more, ",\"alg\":\"%s\"", jwa_of(algs[i])->name);
        struct keyset *set = parse_beside_good(&good, &k, more, &FILE_POLICY, &report, &e);
        assert_non_null(set);
        keyset_unref(set);
        k.secret_n--;
        assert_null(parse_beside_good(&good, &k, more, &FILE_POLICY, &report, &e));
        assert_non_null(strstr(e.text, "needs"));
        k.secret_n = 0;
        assert_null(parse_beside_good(&good, &k, more, &FILE_POLICY, &report, &e));
    }
    mint_release(&good);
}

static void test_parse_pem_text_as_secret_is_refused(void **state)
{
    (void)state;
    struct mint_key good, rsa;
    struct mint_key secret = {.alg = JWA_HS256};
    struct keyset_report report;
    struct err e = {0};
    struct buf pem;
    buf_init(&pem, MINT_LIMIT);
    mint_init(&good, JWA_EDDSA);
    mint_init(&rsa, JWA_RS256);
    mint_public_pem(&pem, &rsa);
    memcpy(secret.secret, pem.p, pem.n);
    secret.secret_n = pem.n;
    assert_null(parse_beside_good(&good, &secret, ",\"alg\":\"HS256\"", &FILE_POLICY, &report, &e));
    assert_non_null(strstr(e.text, "PEM"));
    buf_release(&pem);
    mint_release(&good);
    mint_release(&rsa);
}

static void test_parse_point_off_the_curve_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                               "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
                               "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}";
    struct keyset_report report;
    struct err e = {0};
    assert_null(parse(text, &FILE_POLICY, &report, &e));
    assert_non_null(strstr(e.text, "not a point of P-256"));
}

static void check_rsa(EVP_PKEY *pkey, const char *reason)
{
    struct mint_key k = {.alg = JWA_RS256, .pkey = pkey};
    struct keyset_report report;
    struct err e = {0};
    struct buf items, text;
    assert_non_null(pkey);
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    mint_named_jwk(&items, &k, "a");
    assert_null(parse(wrap(&text, &items), &FILE_POLICY, &report, &e));
    assert_non_null(strstr(e.text, reason));
    buf_release(&items);
    buf_release(&text);
    mint_release(&k);
}

static void test_parse_weak_rsa_is_refused(void **state)
{
    (void)state;
    check_rsa(mint_rsa(1024), "1024 bits");
    check_rsa(mint_rsa(2040), "2040 bits");
    unsigned three = 3;
    size_t bits = 2048;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
                                 OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &three),
                                 OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    check_rsa(pkey, "exponent");
}

static void test_ref_last_unref_frees(void **state)
{
    (void)state;
    struct mint_key k;
    struct buf items, text;
    struct keyset_report report;
    struct err e = {0};
    buf_init(&items, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    mint_init(&k, JWA_HS256);
    mint_named_jwk(&items, &k, "a");
    struct keyset *set = parse(wrap(&text, &items), &FILE_POLICY, &report, &e);
    assert_non_null(set);
    struct keyset *second = keyset_ref(set);
    keyset_unref(set);
    assert_int_equal(keyset_count(second), 1);
    keyset_unref(second);
    keyset_unref(NULL);
    mint_release(&k);
    buf_release(&items);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_every_algorithm_is_bound_to_its_key),
        cmocka_unit_test(test_parse_without_alg_is_derived_where_unambiguous),
        cmocka_unit_test(test_find_without_kid_needs_a_single_key),
        cmocka_unit_test(test_parse_duplicate_kid_is_refused),
        cmocka_unit_test(test_parse_documents_that_are_no_key_sets_are_refused),
        cmocka_unit_test(test_parse_caps_on_bytes_and_keys),
        cmocka_unit_test(test_parse_keys_for_other_uses_are_skipped_and_counted),
        cmocka_unit_test(test_parse_keys_that_break_a_rule),
        cmocka_unit_test(test_parse_secrets_of_a_url_are_skipped),
        cmocka_unit_test(test_parse_secret_lengths),
        cmocka_unit_test(test_parse_pem_text_as_secret_is_refused),
        cmocka_unit_test(test_parse_point_off_the_curve_is_refused),
        cmocka_unit_test(test_parse_weak_rsa_is_refused),
        cmocka_unit_test(test_ref_last_unref_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

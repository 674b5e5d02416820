#include "ingestor/auth/jwt.h"

#include "tests/unit/ingestor/auth/mint.h"

#include "common/base/compiler.h"

/* The verifier against every algorithm and every known way around it. Claims: test_claims.c. */

#define NOW 1800000000

static const struct jwt_rules RULES = {
    .claims = {.issuer = "https://id.example",
               .audience = "tidegate",
               .leeway_s = 30,
               .max_lifetime_s = 86400,
               .subject = "sub",
               .tenant = "tenant"},
};

#define REST "\"iss\":\"https://id.example\",\"aud\":\"tidegate\",\"sub\":\"s\",\"tenant\":\"acme\""
static const char GOOD[] = "{\"exp\":1800000600," REST ",\"scope\":\"events:write x\"}";

/* Every test has a set with one key of each algorithm; its kid is the algorithm's name. */
struct fixture {
    struct mint_key keys[JWA_ALGS];
    struct keyset *set;
    struct jwt_verifier *verifier;
    struct buf token;
};

static int set_up(void **state)
{
    static const struct keyset_policy policy = {
        .rsa_alg = JWA_RS256, .secrets = true, .strict = true};
    static struct fixture fixture;
    struct fixture *f = &fixture;
    struct keyset_report report;
    struct err e = {0};
    struct buf text;
    *f = (struct fixture){0};
    buf_init(&f->token, MINT_LIMIT);
    buf_init(&text, MINT_LIMIT);
    mint_add(&text, "{\"keys\":[");
    for (size_t i = 0; i < JWA_ALGS; i++) {
        mint_init(&f->keys[i], (enum jwa_alg)i);
        mint_add(&text, i == 0 ? "" : ",");
        mint_named_jwk(&text, &f->keys[i], jwa_of((enum jwa_alg)i)->name);
    }
    mint_add(&text, "]}");
    f->set = keyset_parse((struct str){text.p, text.n}, &policy, &report, &e);
    assert_non_null(f->set);
    buf_release(&text);
    f->verifier = jwt_verifier_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        mint_release(&f->keys[i]);
    }
    keyset_unref(f->set);
    jwt_verifier_free(f->verifier);
    buf_release(&f->token);
    return 0;
}

static enum jwt_reason verify(struct fixture *f, struct str token)
{
    struct grant *grant = NULL;
    const enum jwt_reason reason = jwt_verify(f->verifier, f->set, &RULES, token, NOW, &grant);
    assert_int_equal(grant != NULL, reason == JWT_OK);
    grant_unref(grant);
    return reason;
}

/* Header and payload as given, signed by the key of an algorithm. */
static enum jwt_reason verify_made(struct fixture *f, enum jwa_alg alg, const char *header,
                                   const char *payload)
{
    return verify(f, mint_token(&f->token, &f->keys[alg], header, payload));
}

static void test_verify_each_algorithm(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *payload;
        enum jwt_reason reason;
    } cases[] = {
        {GOOD, JWT_OK},
        {"{\"exp\":1799999970," REST "}", JWT_EXPIRED},
        {"{\"exp\":1800000600,\"nbf\":1800000031," REST "}", JWT_NOT_YET},
        {"{\"exp\":1800000600,\"iss\":\"https://id.example\",\"aud\":\"x\",\"sub\":\"s\","
         "\"tenant\":\"acme\"}",
         JWT_WRONG_AUDIENCE},
        {"{\"exp\":1800000600,\"iss\":\"https://id.example/\",\"aud\":\"tidegate\",\"sub\":\"s\","
         "\"tenant\":\"acme\"}",
         JWT_WRONG_ISSUER},
    };
    for (size_t i = 0; i < JWA_ALGS; i++) {
        const enum jwa_alg alg = (enum jwa_alg)i;
        char header[128];
        mint_header(header, alg, jwa_of(alg)->name);
        for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
            assert_int_equal(verify_made(f, alg, header, cases[j].payload), cases[j].reason);
        }
        /* Without kid: the set has one key of this algorithm. */
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", jwa_of(alg)->name);
        assert_int_equal(verify_made(f, alg, header, GOOD), JWT_OK);
    }
}

static void test_verify_grant_holds_the_claims(void **state)
{
    struct fixture *f = *state;
    struct grant *grant = NULL;
    const struct str token =
        mint_token(&f->token, &f->keys[JWA_EDDSA], "{\"alg\":\"EdDSA\"}", GOOD);
    assert_int_equal(jwt_verify(f->verifier, f->set, &RULES, token, NOW, &grant), JWT_OK);
    buf_reset(&f->token);
    assert_true(str_eq(grant->principal.id, str_of("s")));
    assert_true(str_eq(grant->principal.tenant, str_of("acme")));
    assert_int_equal(grant->principal.permissions, PERMISSION_EVENTS_WRITE);
    assert_null(grant->principal.devices.p);
    assert_int_equal(grant->expires_s, 1800000600 + 30);
    grant_unref(grant);
}

/* Each bit of signature, payload and header counts: one in a spread of them is turned. */
static void test_verify_changed_token_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        char header[128];
        mint_header(header, (enum jwa_alg)i, jwa_of((enum jwa_alg)i)->name);
        const struct str token = mint_token(&f->token, &f->keys[i], header, GOOD);
        for (size_t at = 0; at < token.n; at += token.n / 16) {
            const char was = f->token.p[at];
            f->token.p[at] = was == 'Q' ? 'R' : 'Q';
            assert_int_not_equal(verify(f, token), JWT_OK);
            f->token.p[at] = was;
        }
        assert_int_equal(verify(f, token), JWT_OK);
    }
}

static void test_verify_key_of_the_same_algorithm_but_another_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        struct mint_key stranger;
        char header[128];
        mint_init(&stranger, (enum jwa_alg)i);
        mint_header(header, (enum jwa_alg)i, jwa_of((enum jwa_alg)i)->name);
        assert_int_equal(verify(f, mint_token(&f->token, &stranger, header, GOOD)),
                         JWT_BAD_SIGNATURE);
        mint_release(&stranger);
    }
}

/* The header names one algorithm, the kid belongs to a key of another: always refused, before any
 * cryptography; also within one family (RS512 under an RS256 key). */
static void test_verify_algorithm_of_another_key_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        for (size_t j = 0; j < JWA_ALGS; j++) {
            char header[128];
            mint_header(header, (enum jwa_alg)i, jwa_of((enum jwa_alg)j)->name);
            assert_int_equal(verify_made(f, (enum jwa_alg)i, header, GOOD),
                             i == j ? JWT_OK : JWT_WRONG_ALG);
        }
    }
}

/* HS256 with the text of the public key as secret: what Debian's libjwt accepts. */
static void test_verify_public_key_as_hmac_secret_is_refused(void **state)
{
    struct fixture *f = *state;
    static const enum jwa_alg victims[] = {JWA_RS256, JWA_PS256, JWA_ES256, JWA_EDDSA};
    static const enum jwa_alg hmacs[] = {JWA_HS256, JWA_HS384, JWA_HS512};
    struct buf pem;
    buf_init(&pem, MINT_LIMIT);
    for (size_t i = 0; i < ARRAY_SIZE(victims); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(hmacs); j++) {
            struct mint_key forger = {.alg = hmacs[j]};
            char header[128];
            buf_reset(&pem);
            mint_public_pem(&pem, &f->keys[victims[i]]);
            memcpy(forger.secret, pem.p, pem.n);
            forger.secret_n = pem.n;
            mint_header(header, hmacs[j], jwa_of(victims[i])->name);
            assert_int_equal(verify(f, mint_token(&f->token, &forger, header, GOOD)),
                             JWT_WRONG_ALG);
            snprintf(header, sizeof header, "{\"alg\":\"%s\"}", jwa_of(hmacs[j])->name);
            assert_int_equal(verify(f, mint_token(&f->token, &forger, header, GOOD)),
                             JWT_BAD_SIGNATURE);
        }
    }
    buf_release(&pem);
}

static void test_verify_none_is_unknown(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"none", "None", "NONE", "nOnE", ""};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char header[64];
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
        struct str token = mint_token(&f->token, &f->keys[JWA_HS256], header, GOOD);
        assert_int_equal(verify(f, token), JWT_UNKNOWN_ALG);
        while (token.p[token.n - 1] != '.') {
            token.n--;
        }
        assert_int_equal(verify(f, token), JWT_MALFORMED); /* empty signature */
    }
}

static void test_verify_headers(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *header;
        enum jwt_reason reason;
    } cases[] = {
        {"{\"alg\":\"HS256\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"typ\":7,\"cty\":\"x\",\"more\":{\"a\":[1]}}", JWT_OK},
        {" {\"alg\" : \"HS256\"}\n", JWT_OK},
        {"{\"\\u0061lg\":\"HS256\"}", JWT_OK},
        /* Keys that the token brings along are never looked at. */
        {"{\"alg\":\"HS256\",\"jku\":\"https://evil.example\",\"x5u\":\"https://evil.example\","
         "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"},\"x5c\":[\"AAAA\"]}",
         JWT_OK},
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"crit\":[]}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"crit\":null}", JWT_CRITICAL},
        {"{\"alg\":\"HS256\",\"b64\":false}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", JWT_BAD_HEADER},
        {"{\"alg\":\"none\",\"alg\":\"HS256\"}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"x\":{\"a\":1,\"a\":2}}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"x\":\"\\u0000\"}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\"}{}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\"", JWT_BAD_HEADER},
        {"{\"alg\":[\"HS256\"]}", JWT_BAD_HEADER},
        {"{\"alg\":null}", JWT_BAD_HEADER},
        {"{}", JWT_BAD_HEADER},
        {"[]", JWT_BAD_HEADER},
        {"\"HS256\"", JWT_BAD_HEADER},
        {"{\"ALG\":\"HS256\"}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"kid\":1}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"kid\":null}", JWT_BAD_HEADER},
        {"{\"alg\":\"HS256\",\"kid\":\"\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"hs256\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"HS256 \"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"hs256\"}", JWT_UNKNOWN_ALG},
        {"{\"alg\":\"HS256 \"}", JWT_UNKNOWN_ALG},
        {"{\"alg\":\"ES256K\"}", JWT_UNKNOWN_ALG},
        {"{\"alg\":\"A256GCM\",\"enc\":\"A256GCM\"}", JWT_UNKNOWN_ALG},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(verify_made(f, JWA_HS256, cases[i].header, GOOD), cases[i].reason);
    }
}

/* jansson reads over a NUL behind a number; "alg" would be the last of two readings. */
static void test_verify_raw_nul_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char header[] = "{\"x\":1\0,\"alg\":\"HS256\"}";
    static const char payload[] = "{\"x\":1\0,\"exp\":1800000600," REST "}";
    const struct mint_key *k = &f->keys[JWA_HS256];
    const struct str bad_header = {header, sizeof header - 1};
    const struct str bad_payload = {payload, sizeof payload - 1};
    assert_int_equal(verify(f, mint_token_bytes(&f->token, k, bad_header, str_of(GOOD))),
                     JWT_BAD_HEADER);
    assert_int_equal(
        verify(f, mint_token_bytes(&f->token, k, str_of("{\"alg\":\"HS256\"}"), bad_payload)),
        JWT_BAD_CLAIMS);
}

static void test_verify_payloads_that_are_no_object_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[] = {
        "[]",
        "["
        "{\"exp\":1800000600," REST "}]",
        "\"x\"",
        "1",
        "null",
        "{",
        "{}{}",
        "{\"exp\":1800000600,\"exp\":1800000600," REST "}",
        "{\"exp\":1800000600,\"sub\":\"a\"," REST "}",
        "{\"exp\":1800000600,\"x\":\"\xff\"," REST "}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(verify_made(f, JWA_HS256, "{\"alg\":\"HS256\"}", cases[i]),
                         JWT_BAD_CLAIMS);
    }
}

static void test_verify_forms_of_the_token(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[] = {
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        ".b.c",
        "a..c",
        "a.b.",
        "a=.b.c",
        "e30=.e30.AAAA",
        "e30 .e30.AAAA",
        "e31.e30.AAAA",
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(verify(f, str_of(cases[i])), JWT_MALFORMED);
    }
    /* One character more at the end of each part of a good token. */
    static const char extras[] = {'=', '\n', ' ', '+', '/', '\0', '.', '\x80'};
    const struct str good = mint_token(&f->token, &f->keys[JWA_HS256], "{\"alg\":\"HS256\"}", GOOD);
    for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
        for (size_t at = 0; at <= good.n; at++) {
            if (at < good.n && good.p[at] != '.') {
                continue;
            }
            char longer[1024];
            memcpy(longer, good.p, at);
            longer[at] = extras[i];
            memcpy(longer + at + 1, good.p + at, good.n - at);
            assert_int_not_equal(verify(f, (struct str){longer, good.n + 1}), JWT_OK);
        }
    }
    assert_int_equal(verify(f, good), JWT_OK);
}

static void test_verify_length_cap_is_exact(void **state)
{
    struct fixture *f = *state;
    char payload[JWT_TOKEN_MAX];
    size_t longest = 0;
    for (size_t pad = 2800; pad < 3000; pad++) {
        snprintf(payload, sizeof payload, "{\"exp\":1800000600," REST ",\"x\":\"%0*d\"}", (int)pad,
                 0);
        const struct str token =
            mint_token(&f->token, &f->keys[JWA_HS256], "{\"alg\":\"HS256\"}", payload);
        assert_int_equal(verify(f, token), token.n <= JWT_TOKEN_MAX ? JWT_OK : JWT_TOO_LONG);
        longest = token.n > longest && token.n <= JWT_TOKEN_MAX ? token.n : longest;
    }
    assert_true(longest >= JWT_TOKEN_MAX - 1);
    static char huge[1 << 20];
    memset(huge, 'A', sizeof huge);
    assert_int_equal(verify(f, (struct str){huge, sizeof huge}), JWT_TOO_LONG);
    assert_int_equal(verify(f, (struct str){huge, JWT_TOKEN_MAX}), JWT_MALFORMED);
}

/* Puts another signature of n bytes behind header and payload of the token in f. */
static enum jwt_reason verify_with_signature(struct fixture *f, const void *p, size_t n)
{
    while (f->token.p[f->token.n - 1] != '.') {
        f->token.n--;
    }
    mint_add_base64url(&f->token, p, n);
    return verify(f, (struct str){f->token.p, f->token.n});
}

static void test_verify_signature_of_wrong_length_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        char header[128];
        uint8_t signature[2048] = {0};
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", jwa_of((enum jwa_alg)i)->name);
        const struct str token = mint_token(&f->token, &f->keys[i], header, GOOD);
        struct str text = token;
        while (text.p[--text.n] != '.') {
        }
        const size_t n = mint_sign(&f->keys[i], text, -1, signature);
        assert_int_equal(verify_with_signature(f, signature, n), JWT_OK);
        assert_int_equal(verify_with_signature(f, signature, n - 1), JWT_BAD_SIGNATURE);
        signature[n] = 0;
        assert_int_equal(verify_with_signature(f, signature, n + 1), JWT_BAD_SIGNATURE);
        assert_int_equal(verify_with_signature(f, signature, 1), JWT_BAD_SIGNATURE);
        assert_int_equal(verify_with_signature(f, signature, n / 2), JWT_BAD_SIGNATURE);
        assert_int_equal(verify_with_signature(f, signature, sizeof signature), JWT_BAD_SIGNATURE);
    }
}

/* CVE-2022-21449's r = s = 0, and r or s beyond the group's order. */
static void test_verify_degenerate_ecdsa_values_are_refused(void **state)
{
    struct fixture *f = *state;
    static const enum jwa_alg algs[] = {JWA_ES256, JWA_ES384, JWA_ES512};
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        uint8_t signature[132];
        char header[128];
        const size_t n = 2 * jwa_of(algs[i])->coordinate;
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", jwa_of(algs[i])->name);
        (void)mint_token(&f->token, &f->keys[algs[i]], header, GOOD);
        memset(signature, 0, sizeof signature);
        assert_int_equal(verify_with_signature(f, signature, n), JWT_BAD_SIGNATURE);
        memset(signature, 0xff, sizeof signature);
        assert_int_equal(verify_with_signature(f, signature, n), JWT_BAD_SIGNATURE);
    }
}

static void test_verify_pss_salt_must_be_the_digests_size(void **state)
{
    struct fixture *f = *state;
    static const int salts[] = {0, 20, 31, 33, 64};
    uint8_t signature[1024];
    const struct str token =
        mint_token(&f->token, &f->keys[JWA_PS256], "{\"alg\":\"PS256\"}", GOOD);
    struct str text = token;
    while (text.p[--text.n] != '.') {
    }
    for (size_t i = 0; i < ARRAY_SIZE(salts); i++) {
        const size_t n = mint_sign(&f->keys[JWA_PS256], text, salts[i], signature);
        assert_int_equal(verify_with_signature(f, signature, n), JWT_BAD_SIGNATURE);
    }
    const size_t n = mint_sign(&f->keys[JWA_PS256], text, 32, signature);
    assert_int_equal(verify_with_signature(f, signature, n), JWT_OK);
}

static void test_verify_truncated_token_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct str token =
        mint_token(&f->token, &f->keys[JWA_ES256], "{\"alg\":\"ES256\"}", GOOD);
    for (size_t n = 0; n < token.n; n++) {
        assert_int_not_equal(verify(f, (struct str){token.p, n}), JWT_OK);
    }
}

static void test_verify_expected_type(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *header;
        enum jwt_reason reason;
    } cases[] = {
        {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", JWT_OK},
        {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", JWT_WRONG_TYPE},
        {"{\"alg\":\"HS256\",\"typ\":\"application/\"}", JWT_WRONG_TYPE},
        {"{\"alg\":\"HS256\",\"typ\":\"\"}", JWT_WRONG_TYPE},
        {"{\"alg\":\"HS256\",\"typ\":1}", JWT_WRONG_TYPE},
        {"{\"alg\":\"HS256\"}", JWT_WRONG_TYPE},
    };
    struct jwt_rules rules = RULES;
    rules.type = "at+jwt";
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct grant *grant = NULL;
        const struct str token = mint_token(&f->token, &f->keys[JWA_HS256], cases[i].header, GOOD);
        assert_int_equal(jwt_verify(f->verifier, f->set, &rules, token, NOW, &grant),
                         cases[i].reason);
        grant_unref(grant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_each_algorithm),
        cmocka_unit_test(test_verify_grant_holds_the_claims),
        cmocka_unit_test(test_verify_changed_token_is_refused),
        cmocka_unit_test(test_verify_key_of_the_same_algorithm_but_another_is_refused),
        cmocka_unit_test(test_verify_algorithm_of_another_key_is_refused),
        cmocka_unit_test(test_verify_public_key_as_hmac_secret_is_refused),
        cmocka_unit_test(test_verify_none_is_unknown),
        cmocka_unit_test(test_verify_headers),
        cmocka_unit_test(test_verify_raw_nul_is_refused),
        cmocka_unit_test(test_verify_payloads_that_are_no_object_are_refused),
        cmocka_unit_test(test_verify_forms_of_the_token),
        cmocka_unit_test(test_verify_length_cap_is_exact),
        cmocka_unit_test(test_verify_signature_of_wrong_length_is_refused),
        cmocka_unit_test(test_verify_degenerate_ecdsa_values_are_refused),
        cmocka_unit_test(test_verify_pss_salt_must_be_the_digests_size),
        cmocka_unit_test(test_verify_truncated_token_is_refused),
        cmocka_unit_test(test_verify_expected_type),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

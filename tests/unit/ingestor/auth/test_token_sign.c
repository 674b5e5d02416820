#include "ingestor/auth/token_sign.h"

#include "tests/unit/ingestor/auth/mint.h"

#include "common/base/compiler.h"
#include "ingestor/auth/jwt.h"

#define NOW 1800000000
static const char CLAIMS[] = "{\"exp\":1800000600,\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\","
                             "\"tenant\":\"t\",\"scope\":\"events:write\"}";

static const struct jwt_rules RULES = {
    .claims = {.issuer = "i", .audience = "a", .subject = "sub", .tenant = "tenant"}};

struct made {
    struct buf key, jwks, token;
};

static void made_init(struct made *m, enum jwa_alg alg, const char *kid)
{
    struct err e = {0};
    buf_init(&m->key, MINT_LIMIT);
    buf_init(&m->jwks, MINT_LIMIT);
    buf_init(&m->token, MINT_LIMIT);
    assert_int_equal(token_make_key(alg, kid, &m->key, &m->jwks, &e), 0);
}

static void made_release(struct made *m)
{
    buf_release(&m->key);
    buf_release(&m->jwks);
    buf_release(&m->token);
}

static enum jwt_reason verify(const struct made *m, enum jwa_alg rsa_alg)
{
    const struct keyset_policy policy = {.rsa_alg = rsa_alg, .secrets = true, .strict = true};
    struct keyset_report report;
    struct err e = {0};
    struct grant *grant = NULL;
    struct keyset *set = keyset_parse((struct str){m->jwks.p, m->jwks.n}, &policy, &report, &e);
    assert_non_null(set);
    struct jwt_verifier *v = jwt_verifier_new();
    const enum jwt_reason reason =
        jwt_verify(v, set, &RULES, (struct str){m->token.p, m->token.n}, NOW, &grant);
    grant_unref(grant);
    jwt_verifier_free(v);
    keyset_unref(set);
    return reason;
}

/* Made key, signed token, published key set: the three fit for every algorithm. Ten tokens, because
 * one in 256 ECDSA signatures has an r with a leading zero byte. */
static void test_sign_verifies_with_the_made_key_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < JWA_ALGS; i++) {
        struct made m;
        struct err e = {0};
        made_init(&m, (enum jwa_alg)i, "k\"1");
        for (int round = 0; round < 10; round++) {
            const struct str key = {m.key.p, m.key.n};
            buf_reset(&m.token);
            assert_int_equal(token_sign((enum jwa_alg)i, "k\"1", key, CLAIMS, &m.token, &e), 0);
            assert_int_equal(verify(&m, JWA_RS256), JWT_OK);
            buf_reset(&m.token);
            assert_int_equal(token_sign((enum jwa_alg)i, NULL, key, CLAIMS, &m.token, &e), 0);
            assert_int_equal(verify(&m, JWA_RS256), JWT_OK);
        }
        made_release(&m);
    }
}

static void test_sign_keys_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum jwa_alg made, used;
    } cases[] = {{JWA_ES512, JWA_ES256}, {JWA_ES256, JWA_ES384}, {JWA_RS256, JWA_ES256},
                 {JWA_ES256, JWA_RS256}, {JWA_ES256, JWA_PS256}, {JWA_RS256, JWA_EDDSA},
                 {JWA_EDDSA, JWA_RS512}, {JWA_RS256, JWA_HS256}, {JWA_HS256, JWA_RS256},
                 {JWA_HS256, JWA_HS512}, {JWA_HS256, JWA_EDDSA}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct made m;
        struct err e = {0};
        made_init(&m, cases[i].made, "a");
        assert_int_equal(
            token_sign(cases[i].used, "a", (struct str){m.key.p, m.key.n}, CLAIMS, &m.token, &e),
            -1);
        assert_true(e.text[0] != '\0');
        made_release(&m);
    }
}

static void test_sign_claims_that_are_no_object_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "[]", "1", "{", "{\"a\":1,\"a\":2}"};
    static const enum jwa_alg algs[] = {JWA_HS256, JWA_EDDSA};
    for (size_t j = 0; j < ARRAY_SIZE(algs); j++) {
        struct made m;
        made_init(&m, algs[j], "a");
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            struct err e = {0};
            assert_int_equal(
                token_sign(algs[j], "a", (struct str){m.key.p, m.key.n}, cases[i], &m.token, &e),
                -1);
            assert_int_equal(e.code, ERR_USAGE);
        }
        made_release(&m);
    }
}

static void test_make_key_is_new_each_time_and_public_where_it_can_be(void **state)
{
    (void)state;
    static const enum jwa_alg algs[] = {JWA_HS512, JWA_ES256, JWA_EDDSA};
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct made a, b;
        made_init(&a, algs[i], "a");
        made_init(&b, algs[i], "a");
        assert_false(str_eq((struct str){a.key.p, a.key.n}, (struct str){b.key.p, b.key.n}));
        assert_int_equal(buf_add(&a.jwks, "", 1), 0);
        assert_null(strstr(a.jwks.p, "\"d\""));
        made_release(&a);
        made_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_verifies_with_the_made_key_set),
        cmocka_unit_test(test_sign_keys_that_do_not_fit_are_refused),
        cmocka_unit_test(test_sign_claims_that_are_no_object_are_refused),
        cmocka_unit_test(test_make_key_is_new_each_time_and_public_where_it_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

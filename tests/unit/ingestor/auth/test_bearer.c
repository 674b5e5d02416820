#include "ingestor/auth/bearer.h"

#include "tests/unit/ingestor/auth/mint.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"

#define NOW 1800000000
static const char GOOD[] = "{\"exp\":1800000600,\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\","
                           "\"tenant\":\"t\",\"scope\":\"events:write\"}";

static const struct jwt_rules RULES = {
    .claims = {.issuer = "i", .audience = "a", .subject = "sub", .tenant = "tenant"}};
static const struct token_cache_limits LIMITS = {.entries = 64, .bytes = 1 << 20, .max_age_s = 300};

struct fixture {
    struct mint_key key;
    struct jwks_source *source;
    struct bearer *bearer;
    struct buf token;
    char path[64];
};

static void write_set(struct fixture *f)
{
    struct buf text;
    buf_init(&text, MINT_LIMIT);
    mint_add(&text, "{\"keys\":[");
    mint_named_jwk(&text, &f->key, "a");
    mint_add(&text, "]}");
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
    buf_release(&text);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    log_set_level(LOG_ERROR);
    snprintf(f->path, sizeof f->path, "/tmp/tidegate-bearer-XXXXXX");
    const int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    mint_init(&f->key, JWA_ES256);
    buf_init(&f->token, MINT_LIMIT);
    write_set(f);
    struct err e = {0};
    const struct jwks_options options = {.location = f->path, .rsa_alg = JWA_RS256};
    f->source = jwks_source_new(&options, &e);
    assert_non_null(f->source);
    f->bearer = bearer_new(f->source, &RULES, &LIMITS, &e);
    assert_non_null(f->bearer);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    bearer_free(f->bearer);
    jwks_source_free(f->source);
    mint_release(&f->key);
    buf_release(&f->token);
    unlink(f->path);
    free(f);
    return 0;
}

static enum jwt_reason check(struct fixture *f, struct str token, int64_t now_s)
{
    struct grant *grant = NULL;
    const enum jwt_reason reason = bearer_check(f->bearer, token, now_s, &grant);
    assert_int_equal(grant != NULL, reason == JWT_OK);
    grant_unref(grant);
    return reason;
}

static struct str make(struct fixture *f, const char *kid, const char *payload)
{
    char header[128];
    return mint_token(&f->token, &f->key, mint_header(header, JWA_ES256, kid), payload);
}

static void test_check_second_time_comes_from_the_cache(void **state)
{
    struct fixture *f = *state;
    const struct str token = make(f, "a", GOOD);
    assert_int_equal(check(f, token, NOW), JWT_OK);
    assert_int_equal(check(f, token, NOW), JWT_OK);
    assert_int_equal(bearer_stats(f->bearer).misses, 1);
    assert_int_equal(bearer_stats(f->bearer).hits, 1);
}

static void test_check_cached_token_still_expires(void **state)
{
    struct fixture *f = *state;
    const struct str token = make(f, "a", GOOD);
    assert_int_equal(check(f, token, NOW + 599), JWT_OK);
    assert_int_equal(check(f, token, NOW + 600), JWT_EXPIRED);
    assert_int_equal(check(f, token, NOW + 601), JWT_EXPIRED);
}

static void test_check_refused_tokens_are_never_cached(void **state)
{
    struct fixture *f = *state;
    const struct str token = make(f, "b", GOOD);
    assert_int_equal(check(f, token, NOW), JWT_UNKNOWN_KEY);
    assert_int_equal(check(f, token, NOW), JWT_UNKNOWN_KEY);
    assert_int_equal(bearer_stats(f->bearer).misses, 2);
    assert_int_equal(bearer_stats(f->bearer).hits, 0);
}

/* A withdrawn key ends its tokens at once, also those that are cached. */
static void test_check_new_keys_end_cached_tokens(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const struct str token = make(f, "a", GOOD);
    assert_int_equal(check(f, token, NOW), JWT_OK);
    mint_release(&f->key);
    mint_init(&f->key, JWA_ES256);
    write_set(f);
    assert_int_equal(jwks_source_reload(f->source, &e), 0);
    assert_int_equal(check(f, token, NOW), JWT_BAD_SIGNATURE);
}

static void test_check_without_keys_is_our_fault(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    /* Nobody listens on port 1. */
    const struct jwks_options options = {.location = "http://127.0.0.1:1/jwks",
                                         .rsa_alg = JWA_RS256,
                                         .refresh_s = 3600,
                                         .timeout_ms = 1000};
    struct jwks_source *empty = jwks_source_new(&options, &e);
    assert_non_null(empty);
    struct bearer *b = bearer_new(empty, &RULES, &LIMITS, &e);
    struct grant *grant = NULL;
    assert_int_equal(bearer_check(b, make(f, "a", GOOD), NOW, &grant), JWT_NO_KEYS);
    bearer_sweep(b, NOW);
    bearer_free(b);
    jwks_source_free(empty);
}

static void test_check_lengths_before_anything_else(void **state)
{
    struct fixture *f = *state;
    static char huge[JWT_TOKEN_MAX + 1];
    memset(huge, '.', sizeof huge);
    assert_int_equal(check(f, (struct str){huge, sizeof huge}, NOW), JWT_TOO_LONG);
    assert_int_equal(check(f, (struct str){NULL, 0}, NOW), JWT_MALFORMED);
    assert_int_equal(bearer_stats(f->bearer).misses, 0);
}

static void test_sweep_ends_tokens_whose_time_has_come(void **state)
{
    struct fixture *f = *state;
    const struct str token = make(f, "a", GOOD);
    assert_int_equal(check(f, token, NOW), JWT_OK);
    bearer_sweep(f->bearer, NOW + 300);
    assert_int_equal(check(f, token, NOW), JWT_OK);
    assert_int_equal(bearer_stats(f->bearer).misses, 2);
}

static void test_looks_like_token(void **state)
{
    (void)state;
    assert_true(bearer_looks_like_token(str_of("a.b.c")));
    assert_false(bearer_looks_like_token(str_of("tk_id_AAAA")));
    assert_false(bearer_looks_like_token((struct str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_check_second_time_comes_from_the_cache, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_check_cached_token_still_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_refused_tokens_are_never_cached, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_check_new_keys_end_cached_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_without_keys_is_our_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_lengths_before_anything_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sweep_ends_tokens_whose_time_has_come, set_up,
                                        tear_down),
        cmocka_unit_test(test_looks_like_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

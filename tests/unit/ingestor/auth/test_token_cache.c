#include "ingestor/auth/token_cache.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

#include "common/base/compiler.h"

#define NOW 1000

static struct token_cache *make(size_t entries, size_t bytes, int64_t max_age_s)
{
    const struct token_cache_limits limits = {
        .entries = entries, .bytes = bytes, .max_age_s = max_age_s};
    struct err e = {0};
    struct token_cache *c = token_cache_new(&limits, &e);
    assert_non_null(c);
    return c;
}

/* Puts a token with a grant of its own; the cache then holds the only reference. */
static void put(struct token_cache *c, const char *token, int64_t expires_s, uint64_t generation)
{
    const struct grant values = {
        .expires_s = expires_s,
        .principal = {.id = str_of(token), .tenant = str_of("t"), .permissions = 1}};
    struct grant *g = grant_new(&values);
    token_cache_put(c, str_of(token), generation, g, NOW);
    grant_unref(g);
}

static bool has(struct token_cache *c, const char *token, uint64_t generation, int64_t now_s)
{
    const struct grant *g = token_cache_find(c, str_of(token), generation, now_s);
    if (g != NULL) {
        assert_true(str_eq(g->principal.id, str_of(token)));
    }
    return g != NULL;
}

static void test_find_gives_the_grant_of_that_token(void **state)
{
    (void)state;
    struct token_cache *c = make(64, 1 << 20, 300);
    assert_false(has(c, "a.b.c", 1, NOW));
    put(c, "a.b.c", NOW + 100, 1);
    put(c, "a.b.d", NOW + 100, 1);
    assert_true(has(c, "a.b.c", 1, NOW));
    assert_true(has(c, "a.b.d", 1, NOW));
    assert_false(has(c, "a.b.", 1, NOW));
    assert_false(has(c, "a.b.cc", 1, NOW));
    assert_false(has(c, "", 1, NOW));
    token_cache_free(c);
}

static void test_find_ends_at_expiry(void **state)
{
    (void)state;
    struct token_cache *c = make(64, 1 << 20, 300);
    put(c, "a", NOW + 10, 1);
    assert_true(has(c, "a", 1, NOW + 9));
    assert_false(has(c, "a", 1, NOW + 10));
    assert_int_equal(token_cache_entries(c), 0);
    assert_int_equal(token_cache_bytes(c), 0);
    token_cache_free(c);
}

static void test_find_ends_at_max_age(void **state)
{
    (void)state;
    struct token_cache *c = make(64, 1 << 20, 300);
    put(c, "a", NOW + 86400, 1);
    assert_true(has(c, "a", 1, NOW + 299));
    assert_false(has(c, "a", 1, NOW + 300));
    token_cache_free(c);
}

static void test_find_ends_with_the_generation_of_keys(void **state)
{
    (void)state;
    struct token_cache *c = make(64, 1 << 20, 300);
    put(c, "a", NOW + 100, 1);
    assert_false(has(c, "a", 2, NOW));
    assert_false(has(c, "a", 1, NOW)); /* gone for good */
    token_cache_free(c);
}

static void test_put_expired_or_huge_is_not_kept(void **state)
{
    (void)state;
    struct token_cache *c = make(64, 256, 300);
    put(c, "a", NOW, 1);
    assert_int_equal(token_cache_entries(c), 0);
    char token[512];
    snprintf(token, sizeof token, "%0*d", 300, 0);
    put(c, token, NOW + 100, 1);
    assert_int_equal(token_cache_entries(c), 0);
    token_cache_free(c);
}

/* One set of four: the fifth token takes the place of one that was not used. */
static void test_put_into_a_full_set_keeps_what_is_used(void **state)
{
    (void)state;
    struct token_cache *c = make(4, 1 << 20, 300);
    static const char *const tokens[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
        put(c, tokens[i], NOW + 100, 1);
    }
    assert_int_equal(token_cache_entries(c), 4);
    assert_true(has(c, "b", 1, NOW));
    put(c, "e", NOW + 100, 1);
    assert_int_equal(token_cache_entries(c), 4);
    assert_false(has(c, "a", 1, NOW));
    assert_true(has(c, "b", 1, NOW));
    assert_true(has(c, "e", 1, NOW));
    /* All used: still one goes. */
    assert_true(has(c, "c", 1, NOW));
    assert_true(has(c, "d", 1, NOW));
    put(c, "f", NOW + 100, 1);
    assert_true(has(c, "f", 1, NOW));
    assert_int_equal(token_cache_entries(c), 4);
    token_cache_free(c);
}

static void test_put_many_stays_within_entries_and_bytes(void **state)
{
    (void)state;
    const size_t limit = 20000;
    struct token_cache *c = make(256, limit, 300);
    for (int i = 0; i < 5000; i++) {
        char token[400];
        snprintf(token, sizeof token, "%0*d", 20 + i % 300, i);
        put(c, token, NOW + 100, 1);
        assert_true(has(c, token, 1, NOW));
        assert_true(token_cache_entries(c) <= 256);
        assert_true(token_cache_bytes(c) <= limit);
    }
    token_cache_free(c);
}

static void test_sweep_ends_what_nobody_asks_for(void **state)
{
    (void)state;
    struct token_cache *c = make(256, 1 << 20, 300);
    for (int i = 0; i < 20; i++) {
        char token[16];
        snprintf(token, sizeof token, "t%d", i);
        put(c, token, NOW + 10 + i, 1);
    }
    const size_t held = token_cache_entries(c);
    token_cache_sweep(c, 1, NOW);
    assert_int_equal(token_cache_entries(c), held);
    token_cache_sweep(c, 1, NOW + 10);
    assert_int_equal(token_cache_entries(c), held - 1);
    token_cache_sweep(c, 2, NOW);
    assert_int_equal(token_cache_entries(c), 0);
    assert_int_equal(token_cache_bytes(c), 0);
    token_cache_free(c);
}

static void test_find_reference_outlives_the_entry(void **state)
{
    (void)state;
    struct token_cache *c = make(4, 1 << 20, 300);
    put(c, "a", NOW + 100, 1);
    struct grant *g = grant_ref(token_cache_find(c, str_of("a"), 1, NOW));
    token_cache_free(c);
    assert_true(str_eq(g->principal.id, str_of("a")));
    grant_unref(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_gives_the_grant_of_that_token),
        cmocka_unit_test(test_find_ends_at_expiry),
        cmocka_unit_test(test_find_ends_at_max_age),
        cmocka_unit_test(test_find_ends_with_the_generation_of_keys),
        cmocka_unit_test(test_put_expired_or_huge_is_not_kept),
        cmocka_unit_test(test_put_into_a_full_set_keeps_what_is_used),
        cmocka_unit_test(test_put_many_stays_within_entries_and_bytes),
        cmocka_unit_test(test_sweep_ends_what_nobody_asks_for),
        cmocka_unit_test(test_find_reference_outlives_the_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

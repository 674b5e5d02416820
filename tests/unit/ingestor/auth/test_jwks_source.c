#include "ingestor/auth/jwks_source.h"

#include "tests/unit/ingestor/auth/mint.h"
#include "tests/unit/ingestor/auth/origin.h"

#include <stdlib.h>

#include "common/base/log.h"

struct fixture {
    struct mint_key keys[2];
    struct buf sets[2]; /* key sets with one of the keys each, kid "a" and "b" */
    char path[64];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    log_set_level(LOG_ERROR);
    for (int i = 0; i < 2; i++) {
        mint_init(&f->keys[i], JWA_ES256);
        buf_init(&f->sets[i], MINT_LIMIT);
        mint_add(&f->sets[i], "{\"keys\":[");
        mint_named_jwk(&f->sets[i], &f->keys[i], i == 0 ? "a" : "b");
        mint_add(&f->sets[i], "]}");
    }
    snprintf(f->path, sizeof f->path, "/tmp/tidegate-jwks-XXXXXX");
    const int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        mint_release(&f->keys[i]);
        buf_release(&f->sets[i]);
    }
    unlink(f->path);
    return 0;
}

static struct str set_text(const struct fixture *f, int i)
{
    return (struct str){f->sets[i].p, f->sets[i].n};
}

static void write_file(const struct fixture *f, struct str text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
}

static bool view_has(const struct jwks_view *v, const char *kid)
{
    const struct key *key = NULL;
    return keyset_find(v->set, JWA_ES256, str_of(kid), &key) == KEYSET_FOUND;
}

static void test_file_reload_swaps_and_keeps_the_last_good_set(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct jwks_view view = {0};
    struct jwks_stats stats;
    const struct jwks_options options = {.location = f->path, .rsa_alg = JWA_RS256};
    write_file(f, set_text(f, 0));
    struct jwks_source *s = jwks_source_new(&options, &e);
    assert_non_null(s);
    jwks_view_update(&view, s);
    assert_int_equal(view.generation, 1);
    assert_true(view_has(&view, "a"));

    write_file(f, set_text(f, 1));
    assert_int_equal(jwks_source_reload(s, &e), 0);
    assert_true(view_has(&view, "a")); /* a view changes only when it is brought up to date */
    jwks_view_update(&view, s);
    assert_int_equal(view.generation, 2);
    assert_false(view_has(&view, "a"));
    assert_true(view_has(&view, "b"));

    write_file(f, str_of("{\"keys\":["));
    assert_int_equal(jwks_source_reload(s, &e), -1);
    assert_non_null(strstr(e.text, f->path));
    jwks_view_update(&view, s);
    assert_int_equal(view.generation, 2);
    assert_true(view_has(&view, "b"));

    jwks_source_want(s); /* nothing to do for a file */
    jwks_source_stats(s, &stats);
    assert_int_equal(stats.loads, 2);
    assert_int_equal(stats.failures, 1);
    assert_int_equal(stats.keys, 1);
    jwks_view_release(&view);
    jwks_source_free(s);
}

static void test_file_that_is_bad_refuses_the_start(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    const struct jwks_options options = {.location = f->path, .rsa_alg = JWA_RS256};
    write_file(f, str_of("{\"keys\":[]}"));
    assert_null(jwks_source_new(&options, &e));
    assert_non_null(strstr(e.text, "no usable key"));
    const struct jwks_options missing = {.location = "/nonexistent/jwks", .rsa_alg = JWA_RS256};
    assert_null(jwks_source_new(&missing, &e));
}

static void test_url_that_is_not_allowed_refuses_the_start(void **state)
{
    (void)state;
    struct err e = {0};
    const struct jwks_options options = {.location = "http://id.example/jwks",
                                         .rsa_alg = JWA_RS256};
    assert_null(jwks_source_new(&options, &e));
    assert_int_equal(e.code, ERR_CONFIG);
}

/* Waits for the thread, bounded; a condition, not a length of time. */
static void wait_for(struct jwks_source *s, uint64_t loads, uint64_t failures)
{
    struct jwks_stats stats = {0};
    for (int i = 0; i < ORIGIN_WAIT_MS; i++) {
        jwks_source_stats(s, &stats);
        if (stats.loads >= loads && stats.failures >= failures) {
            return;
        }
        (void)poll(NULL, 0, 1);
    }
    fail_msg("%lu loads, %lu failures", (unsigned long)stats.loads, (unsigned long)stats.failures);
}

static void test_url_loads_in_the_background(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct origin o;
    struct jwks_view view = {0};
    origin_init(&o);
    origin_set(&o, "200 OK", "", set_text(f, 0));
    const struct jwks_options options = {
        .location = o.url, .rsa_alg = JWA_RS256, .refresh_s = 3600, .timeout_ms = ORIGIN_WAIT_MS};
    struct jwks_source *s = jwks_source_new(&options, &e);
    assert_non_null(s);
    wait_for(s, 1, 0);
    jwks_view_update(&view, s);
    assert_true(view_has(&view, "a"));
    /* A minute has not passed: wishes wait, however many. */
    for (int i = 0; i < 1000; i++) {
        jwks_source_want(s);
    }
    assert_int_equal(atomic_load(&o.requests), 1);
    jwks_source_free(s);
    assert_true(view_has(&view, "a")); /* the view's own reference */
    jwks_view_release(&view);
    origin_release(&o);
}

static void test_url_that_fails_at_start_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct origin o;
    struct jwks_view view = {0};
    origin_init(&o);
    origin_set(&o, "500 Internal Server Error", "", str_of("{}"));
    const struct jwks_options options = {
        .location = o.url, .rsa_alg = JWA_RS256, .refresh_s = 3600, .timeout_ms = ORIGIN_WAIT_MS};
    struct jwks_source *s = jwks_source_new(&options, &e);
    assert_non_null(s);
    wait_for(s, 0, 1);
    jwks_view_update(&view, s);
    assert_null(view.set);
    assert_int_equal(view.generation, 0);
    origin_set(&o, "200 OK", "", set_text(f, 1));
    wait_for(s, 1, 1);
    jwks_view_update(&view, s);
    assert_true(view_has(&view, "b"));
    jwks_view_release(&view);
    jwks_source_free(s);
    origin_release(&o);
}

static void *publish_run(void *arg)
{
    struct jwks_source *s = arg;
    struct err e = {0};
    for (int i = 0; i < 200; i++) {
        assert_int_equal(jwks_source_reload(s, &e), 0);
    }
    return NULL;
}

/* For the thread sanitizer: a view is used while another thread swaps sets. */
static void test_view_is_safe_while_sets_are_swapped(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct jwks_view view = {0};
    pthread_t thread;
    const struct jwks_options options = {.location = f->path, .rsa_alg = JWA_RS256};
    write_file(f, set_text(f, 0));
    struct jwks_source *s = jwks_source_new(&options, &e);
    assert_non_null(s);
    assert_int_equal(pthread_create(&thread, NULL, publish_run, s), 0);
    while (view.generation < 201) {
        jwks_view_update(&view, s);
        assert_true(view_has(&view, "a"));
    }
    pthread_join(thread, NULL);
    jwks_view_release(&view);
    jwks_source_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_reload_swaps_and_keeps_the_last_good_set),
        cmocka_unit_test(test_file_that_is_bad_refuses_the_start),
        cmocka_unit_test(test_url_that_is_not_allowed_refuses_the_start),
        cmocka_unit_test(test_url_loads_in_the_background),
        cmocka_unit_test(test_url_that_fails_at_start_is_tried_again),
        cmocka_unit_test(test_view_is_safe_while_sets_are_swapped),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#include "ingestor/auth/jwks_fetch.h"

#include "tests/unit/ingestor/auth/origin.h"

#include <curl/curl.h>

#include "common/base/compiler.h"
#include "ingestor/auth/keyset.h"

static void test_check_url_only_https_or_this_machine(void **state)
{
    (void)state;
    static const struct {
        const char *url, *reason; /* NULL: allowed */
    } cases[] = {
        {"https://id.example/jwks", NULL},
        {"HTTPS://id.example:8443/a?b=c", NULL},
        {"http://127.0.0.1:8080/jwks", NULL},
        {"http://127.9.9.9/jwks", NULL},
        {"http://localhost/jwks", NULL},
        {"http://[::1]:80/jwks", NULL},
        {"http://id.example/jwks", "use https"},
        {"http://10.0.0.1/jwks", "use https"},
        {"http://127.0.0.1.id.example/jwks", "use https"},
        {"http://localhost.id.example/jwks", "use https"},
        {"http://[::2]/jwks", "use https"},
        {"https://user:secret@id.example/jwks", "a user"},
        {"https://user@id.example/jwks", "a user"},
        {"http://127.0.0.1@id.example/jwks", "a user"},
        {"file:///etc/passwd", "key set URL"},
        {"ftp://id.example/jwks", "must be https"},
        {"gopher://id.example/", "must be https"},
        {"nonsense://id.example/", "not a URL"},
        {"https://", "not a URL"},
        {"://", "not a URL"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err e = {0};
        assert_int_equal(jwks_check_url(cases[i].url, &e), cases[i].reason == NULL ? 0 : -1);
        if (cases[i].reason != NULL) {
            assert_int_equal(e.code, ERR_CONFIG);
            assert_non_null(strstr(e.text, cases[i].reason));
            assert_null(strstr(e.text, "secret"));
        }
    }
}

static void test_is_url(void **state)
{
    (void)state;
    assert_true(jwks_is_url("https://id.example/jwks"));
    assert_true(jwks_is_url("http://x"));
    assert_false(jwks_is_url("/etc/tidegate/jwks.json"));
    assert_false(jwks_is_url("jwks.json"));
}

static int fetch(const struct origin *o, struct buf *body, int64_t *max_age_s, struct err *e)
{
    const struct jwks_fetch f = {.url = o->url, .timeout_ms = ORIGIN_WAIT_MS};
    buf_reset(body);
    *e = (struct err){0};
    return jwks_fetch(&f, body, max_age_s, e);
}

static void test_fetch_answers(void **state)
{
    (void)state;
    struct origin o;
    struct buf body;
    struct err e;
    int64_t max_age_s = 0;
    origin_init(&o);
    buf_init(&body, KEYSET_TEXT_MAX);

    origin_set(&o, "200 OK", "cache-CONTROL: max-age=77\r\n", str_of("{}"));
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), 0);
    assert_true(str_eq((struct str){body.p, body.n}, str_of("{}")));
    assert_int_equal(max_age_s, 77);

    origin_set(&o, "200 OK", "", str_of("{}"));
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), 0);
    assert_int_equal(max_age_s, -1);

    origin_set(&o, "404 Not Found", "", str_of("{}"));
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), -1);
    assert_non_null(strstr(e.text, "status 404"));

    /* A redirect could lead to where no URL of ours may: it is an answer like any other. */
    origin_set(&o, "302 Found", "Location: http://127.0.0.1:1/\r\n", str_of(""));
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), -1);
    assert_non_null(strstr(e.text, "status 302"));

    static char big[KEYSET_TEXT_MAX + 1];
    memset(big, ' ', sizeof big);
    origin_set(&o, "200 OK", "", (struct str){big, KEYSET_TEXT_MAX});
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), 0);
    origin_set(&o, "200 OK", "", (struct str){big, sizeof big});
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);

    origin_release(&o);
    assert_int_equal(fetch(&o, &body, &max_age_s, &e), -1);
    assert_int_equal(e.code, ERR_UNAVAILABLE);
    buf_release(&body);
}

static void test_fetch_stops_when_told(void **state)
{
    (void)state;
    struct origin o;
    struct buf body;
    struct err e = {0};
    int64_t max_age_s = 0;
    _Atomic bool stop = true;
    origin_init(&o);
    buf_init(&body, KEYSET_TEXT_MAX);
    origin_set(&o, "200 OK", "", str_of("{}"));
    const struct jwks_fetch f = {.url = o.url, .timeout_ms = ORIGIN_WAIT_MS, .stop = &stop};
    assert_int_equal(jwks_fetch(&f, &body, &max_age_s, &e), -1);
    origin_release(&o);
    buf_release(&body);
}

static void test_read_file_missing_and_folder(void **state)
{
    (void)state;
    struct buf body;
    struct err e = {0};
    buf_init(&body, KEYSET_TEXT_MAX);
    assert_int_equal(jwks_read_file("/nonexistent/jwks.json", &body, &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.text, "/nonexistent/jwks.json"));
    assert_int_equal(jwks_read_file("/", &body, &e), -1);
    assert_int_equal(jwks_read_file("/dev/zero", &body, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_url_only_https_or_this_machine),
        cmocka_unit_test(test_is_url),
        cmocka_unit_test(test_fetch_answers),
        cmocka_unit_test(test_fetch_stops_when_told),
        cmocka_unit_test(test_read_file_missing_and_folder),
    };
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}

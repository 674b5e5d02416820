#include "ingestor/http/admit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "ingestor/http/loop.h"
#include "ingestor/metrics.h"
#include "tests/unit/ingestor/auth/mint.h"

#define SECRET "wiVtjwaFZEQq5RxMzCM6tMC_7Ryn0gfFefd9jfDiiBY"
#define DIGEST "13846e1b2c88bd270e703d26a87eb6f398d041bc9c41d7d21bb668c55a8b2210"
#define KEY "tk_demo_" SECRET

static void refuse_teapots(struct request *req)
{
    if (str_eq(req->param, str_of("teapot"))) {
        answer_problem(req, PROBLEM_UNKNOWN_CONTRACT, NULL);
    }
}

static const struct route ROUTES[] = {
    {HTTP_POST, "/in", "in", PERMISSION_EVENTS_WRITE, true, NULL, NULL, NULL, ""},
    {HTTP_POST, "/in/{what}", "what", PERMISSION_EVENTS_WRITE, true, refuse_teapots, NULL, NULL,
     ""},
    {HTTP_GET, "/out", "out", PERMISSION_EVENTS_READ, false, NULL, NULL, NULL, ""},
};

struct fixture {
    struct ingestor_conf conf;
    struct contract_set set;
    struct service service;
    struct apikeys *keys;
    struct loop *loop;
    struct request *req;
};

static struct apikeys *make_keys(void)
{
    char *values[API_KEY_FIELDS] = {[API_KEY_ID] = mem_strdup("demo"),
                                    [API_KEY_SHA256] = mem_strdup(DIGEST),
                                    [API_KEY_TENANT] = mem_strdup("acme"),
                                    [API_KEY_PERMISSIONS] = mem_strdup("events:write")};
    struct conf_record record = {values};
    const struct conf_list list = {&record, 1};
    struct err e = {0};
    struct apikeys *keys = apikeys_new(&list, &e);
    assert_non_null(keys);
    for (size_t i = 0; i < API_KEY_FIELDS; i++) {
        mem_free(values[i]);
    }
    return keys;
}

static void set_up(struct fixture *f)
{
    f->conf = (struct ingestor_conf){
        .http_max_body = 100000, .http_max_event = 256, .http_max_events = 5};
    f->keys = make_keys();
    f->service.conf = &f->conf;
    f->service.contracts = &f->set;
    f->service.keys = f->keys;
    f->service.routes = ROUTES;
    f->service.n_routes = ARRAY_SIZE(ROUTES);
    f->service.bodies.limit = 100000;
    f->service.metrics = ingestor_metrics_new(ROUTES, ARRAY_SIZE(ROUTES), &f->set);
    f->loop = loop_new(&f->service, 2, 1);
}

static void tear_down(struct fixture *f)
{
    loop_free(f->loop);
    metrics_free(f->service.metrics);
    apikeys_free(f->keys);
}

struct field {
    const char *name, *value;
};

static void run(struct fixture *f, const char *method, const char *path, const struct field *fields)
{
    f->req = request_pool_take(&f->loop->pool);
    f->req->method = router_method(method);
    headers_begin(&f->req->headers);
    headers_add(&f->req->headers, str_of("Host"), str_of("x"));
    for (size_t i = 0; fields[i].name != NULL; i++) {
        headers_add(&f->req->headers, str_of(fields[i].name), str_of(fields[i].value));
    }
    headers_end(&f->req->headers, "HTTP/1.1");
    admit(f->req, str_of(path));
}

static void test_admit_header_block_decides_status_and_close(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        struct field fields[4];
        unsigned status; /* 0: admitted */
        bool close;
    } cases[] = {
        {"POST", "/in", {{"X-API-Key", KEY}, {"Content-Length", "10"}}, 0, false},
        {"POST", "/in", {{"Authorization", "Bearer " KEY}}, 0, false},
        {"POST", "/in", {{"X-API-Key", KEY}, {"Transfer-Encoding", "chunked"}}, 0, false},
        {"POST", "/in/x", {{"X-API-Key", KEY}}, 0, false},
        {"POST", "/in/teapot", {{"X-API-Key", KEY}}, 404, false},
        {"POST", "/in", {{"Content-Length", "10"}}, 401, false},
        {"POST", "/in", {{"X-API-Key", "tk_demo_x"}}, 401, false},
        {"POST", "/in", {{"X-API-Key", KEY}, {"Authorization", "Bearer " KEY}}, 401, false},
        {"POST", "/in", {{"Authorization", "Basic " KEY}}, 401, false},
        {"GET", "/out", {{"X-API-Key", KEY}}, 403, false},
        {"HEAD", "/out", {{"X-API-Key", KEY}}, 403, false},
        {"POST", "/nowhere", {{"X-API-Key", KEY}}, 404, false},
        {"DELETE", "/in", {{"X-API-Key", KEY}}, 405, false},
        /* a body that is not worth reading ends the connection */
        {"POST", "/nowhere", {{"Content-Length", "65536"}}, 404, false},
        {"POST", "/nowhere", {{"Content-Length", "65537"}}, 404, true},
        {"POST", "/nowhere", {{"Transfer-Encoding", "chunked"}}, 404, true},
        {"POST", "/in", {{"Expect", "100-continue"}, {"Content-Length", "10"}}, 401, true},
        {"POST", "/in", {{"X-API-Key", KEY}, {"Content-Length", "100000"}}, 0, false},
        {"POST", "/in", {{"X-API-Key", KEY}, {"Content-Length", "100001"}}, 413, true},
        /* framing that two readers may understand in two ways */
        {"POST",
         "/in",
         {{"X-API-Key", KEY}, {"Content-Length", "1"}, {"Content-Length", "2"}},
         400,
         true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        set_up(&f);
        run(&f, cases[i].method, cases[i].path, cases[i].fields);
        assert_int_equal(f.req->answer.status, cases[i].status);
        assert_int_equal(f.req->answer.close, cases[i].close);
        assert_int_equal(f.req->answer.challenge != NULL,
                         cases[i].status == 401 || cases[i].status == 403);
        if (cases[i].status == 0) {
            assert_true(str_eq(f.req->principal->tenant, str_of("acme")));
        }
        tear_down(&f);
    }
}

static void test_admit_wrong_method_names_the_right_ones(void **state)
{
    (void)state;
    static const struct field none[] = {{NULL, NULL}};
    struct fixture f = {0};
    set_up(&f);
    run(&f, "PUT", "/out", none);
    assert_string_equal(f.req->answer.allow, "GET, HEAD");
    tear_down(&f);
}

static void test_admit_draining_refuses_with_503_not_taken(void **state)
{
    (void)state;
    static const struct field key[] = {{"X-API-Key", KEY}, {NULL, NULL}};
    struct fixture f = {0};
    set_up(&f);
    f.service.draining = true;
    run(&f, "POST", "/in", key);
    assert_int_equal(f.req->answer.status, 503);
    assert_int_equal(buf_add(&f.req->answer.out, "", 1), 0);
    assert_non_null(strstr(f.req->answer.out.p, "\"outcome\":\"not_taken\""));
    assert_non_null(strstr(f.req->answer.out.p, "/draining"));
    tear_down(&f);
}

static void test_admit_used_up_body_memory_is_503_and_promises_take_none(void **state)
{
    (void)state;
    static const struct field long_body[] = {
        {"X-API-Key", KEY}, {"Content-Length", "100000"}, {NULL, NULL}};
    struct fixture f = {0};
    set_up(&f);
    run(&f, "POST", "/in", long_body);
    assert_int_equal(f.req->answer.status, 0);
    assert_true(f.service.bodies.used <= 65536); /* of 100,000 promised */
    f.service.bodies.limit = 65536;
    run(&f, "POST", "/in", long_body);
    assert_int_equal(f.req->answer.status, 503);
    assert_true(f.req->answer.retry_after > 0);
    tear_down(&f);
}

/* --- tokens ----------------------------------------------------------------------------------- */

struct tokens {
    struct fixture f;
    struct mint_key key;
    struct buf token, authorization;
    char path[64];
};

static const struct jwt_rules RULES = {.claims = {.issuer = "i",
                                                  .audience = "a",
                                                  .leeway_s = 60,
                                                  .subject = "sub",
                                                  .tenant = "tenant",
                                                  .devices = "devices"}};

static void write_key_set(const struct tokens *t)
{
    struct buf text;
    buf_init(&text, MINT_LIMIT);
    mint_add(&text, "{\"keys\":[");
    mint_named_jwk(&text, &t->key, "k");
    mint_add(&text, "]}");
    FILE *file = fopen(t->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
    buf_release(&text);
}

/* location NULL: a file with the key. */
static void set_up_tokens(struct tokens *t, const char *location)
{
    struct err e = {0};
    set_up(&t->f);
    mint_init(&t->key, JWA_HS256);
    buf_init(&t->token, MINT_LIMIT);
    buf_init(&t->authorization, MINT_LIMIT);
    snprintf(t->path, sizeof t->path, "/tmp/tidegate-admit-XXXXXX");
    const int fd = mkstemp(t->path);
    assert_true(fd >= 0);
    close(fd);
    write_key_set(t);
    const struct jwks_options options = {.location = location == NULL ? t->path : location,
                                         .rsa_alg = JWA_RS256,
                                         .refresh_s = 3600,
                                         .timeout_ms = 100};
    t->f.service.jwks = jwks_source_new(&options, &e);
    assert_non_null(t->f.service.jwks);
    t->f.service.jwt = RULES;
    assert_int_equal(loop_take_tokens(t->f.loop, &e), 0);
}

static void tear_down_tokens(struct tokens *t)
{
    struct jwks_source *source = t->f.service.jwks;
    tear_down(&t->f);
    jwks_source_free(source);
    mint_release(&t->key);
    buf_release(&t->token);
    buf_release(&t->authorization);
    unlink(t->path);
}

/* A request to /in with a token of the claims beside exp, an hour from now. */
static void run_token(struct tokens *t, const char *kid, const char *claims)
{
    char header[128];
    char payload[512];
    snprintf(payload, sizeof payload, "{\"exp\":%lld,%s}",
             (long long)(clock_wall_us() / US_PER_S + 3600), claims);
    const struct str token =
        mint_token(&t->token, &t->key, mint_header(header, JWA_HS256, kid), payload);
    buf_reset(&t->authorization);
    mint_add(&t->authorization, "bearer ");
    assert_int_equal(buf_add(&t->authorization, token.p, token.n), 0);
    assert_int_equal(buf_add(&t->authorization, "", 1), 0);
    const struct field fields[] = {{"Authorization", t->authorization.p}, {NULL, NULL}};
    run(&t->f, "POST", "/in", fields);
}

#define CLAIMS(aud, scope)                                                                     \
    "\"iss\":\"i\",\"aud\":\"" aud "\",\"sub\":\"s\",\"tenant\":\"globex\",\"scope\":\"" scope \
    "\",\"devices\":\"veh-*\""

static uint64_t failures(struct tokens *t, size_t series)
{
    return metrics_value(t->f.service.metrics, METRIC_AUTH_FAILURES, series);
}

static void test_admit_good_token_gives_its_principal_until_the_request_ends(void **state)
{
    (void)state;
    struct tokens t = {0};
    set_up_tokens(&t, NULL);
    for (int i = 0; i < 2; i++) { /* verified, then known */
        run_token(&t, "k", CLAIMS("a", "events:write"));
        assert_int_equal(t.f.req->answer.status, 0);
        assert_ptr_equal(t.f.req->principal, &t.f.req->grant->principal);
        assert_true(str_eq(t.f.req->principal->tenant, str_of("globex")));
        assert_true(str_eq(t.f.req->principal->devices, str_of("veh-*")));
    }
    struct grant *grant = t.f.req->grant;
    assert_int_equal(grant->refs, 3); /* of the cache and of two requests */
    request_reset(t.f.req);
    assert_null(t.f.req->grant);
    assert_null(t.f.req->principal);
    assert_int_equal(grant->refs, 2);
    struct metrics *m = t.f.service.metrics;
    assert_int_equal(metrics_value(m, METRIC_TOKEN_CACHE, TOKEN_CACHE_MISS), 1);
    assert_int_equal(metrics_value(m, METRIC_TOKEN_CACHE, TOKEN_CACHE_HIT), 1);
    tear_down_tokens(&t);
}

static void test_admit_refused_token_is_401_with_reason_and_counted(void **state)
{
    (void)state;
    struct tokens t = {0};
    set_up_tokens(&t, NULL);
    run_token(&t, "k", CLAIMS("b", "events:write"));
    assert_int_equal(t.f.req->answer.status, 401);
    assert_string_equal(t.f.req->answer.challenge,
                        "Bearer realm=\"tidegate\", error=\"invalid_token\", "
                        "error_description=\"the token is meant for another audience\"");
    assert_null(t.f.req->grant);
    assert_null(t.f.req->principal);
    run_token(&t, "other", CLAIMS("a", "events:write"));
    assert_int_equal(t.f.req->answer.status, 401);
    assert_int_equal(failures(&t, metrics_token_series(JWT_WRONG_AUDIENCE)), 1);
    assert_int_equal(failures(&t, metrics_token_series(JWT_UNKNOWN_KEY)), 1);
    tear_down_tokens(&t);
}

static void test_admit_token_without_permission_is_403(void **state)
{
    (void)state;
    struct tokens t = {0};
    set_up_tokens(&t, NULL);
    run_token(&t, "k", CLAIMS("a", "events:read"));
    assert_int_equal(t.f.req->answer.status, 403);
    assert_int_equal(failures(&t, AUTH_FAILURE_FORBIDDEN), 1);
    tear_down_tokens(&t);
}

static void test_admit_without_keys_a_token_is_503_and_an_api_key_is_good(void **state)
{
    (void)state;
    static const struct field key[] = {{"Authorization", "Bearer " KEY}, {NULL, NULL}};
    struct tokens t = {0};
    log_set_level(LOG_ERROR);                        /* not the failed fetch */
    set_up_tokens(&t, "http://127.0.0.1:1/nothing"); /* nobody listens */
    run_token(&t, "k", CLAIMS("a", "events:write"));
    assert_int_equal(t.f.req->answer.status, 503);
    assert_int_equal(buf_add(&t.f.req->answer.out, "", 1), 0);
    assert_non_null(strstr(t.f.req->answer.out.p, "\"outcome\":\"not_taken\""));
    assert_null(t.f.req->answer.challenge);
    assert_int_equal(failures(&t, metrics_token_series(JWT_NO_KEYS)), 1);
    run(&t.f, "POST", "/in", key);
    assert_int_equal(t.f.req->answer.status, 0);
    assert_null(t.f.req->grant);
    tear_down_tokens(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admit_header_block_decides_status_and_close),
        cmocka_unit_test(test_admit_wrong_method_names_the_right_ones),
        cmocka_unit_test(test_admit_draining_refuses_with_503_not_taken),
        cmocka_unit_test(test_admit_used_up_body_memory_is_503_and_promises_take_none),
        cmocka_unit_test(test_admit_good_token_gives_its_principal_until_the_request_ends),
        cmocka_unit_test(test_admit_refused_token_is_401_with_reason_and_counted),
        cmocka_unit_test(test_admit_token_without_permission_is_403),
        cmocka_unit_test(test_admit_without_keys_a_token_is_503_and_an_api_key_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

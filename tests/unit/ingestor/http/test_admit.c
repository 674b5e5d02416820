#include "ingestor/http/admit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/http/loop.h"
#include "ingestor/metrics.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admit_header_block_decides_status_and_close),
        cmocka_unit_test(test_admit_wrong_method_names_the_right_ones),
        cmocka_unit_test(test_admit_draining_refuses_with_503_not_taken),
        cmocka_unit_test(test_admit_used_up_body_memory_is_503_and_promises_take_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "ingestor/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/log.h"

struct fixture {
    struct ingestor_conf conf;
    struct conf_list lists[INGESTOR_LISTS];
    struct service service;
};

static void set_up(struct fixture *f, const char *yaml)
{
    struct err e = {0};
    log_set_level(LOG_ERROR);
    assert_int_equal(
        conf_load_text(&ingestor_conf_spec, "test.yaml", str_of(yaml), &f->conf, f->lists, &e), 0);
    f->service.conf = &f->conf;
}

static void tear_down(struct fixture *f)
{
    jwks_source_free(f->service.jwks);
    conf_release(&ingestor_conf_spec, &f->conf, f->lists);
}

static void test_tokens_rules_defaults(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f, "auth: {issuer: i, audience: a}");
    const struct jwt_rules r = tokens_rules(&f.conf);
    assert_null(r.type);
    assert_string_equal(r.claims.issuer, "i");
    assert_string_equal(r.claims.audience, "a");
    assert_int_equal(r.claims.leeway_s, 30);
    assert_int_equal(r.claims.max_lifetime_s, 86400);
    assert_string_equal(r.claims.subject, "sub");
    assert_string_equal(r.claims.tenant, "tenant");
    assert_null(r.claims.permission);
    assert_string_equal(r.claims.devices, "devices");
    assert_false(r.claims.devices_required);
    tear_down(&f);
}

static void test_tokens_rules_take_what_is_configured(void **state)
{
    (void)state;
    struct fixture f = {0};
    set_up(&f, "auth: {type: at+jwt, leeway: 2s, max_lifetime: 0s, subject_claim: azp,"
               " tenant_claim: /org/id, permissions_claim: roles, devices_claim: d,"
               " devices_required: true}");
    const struct jwt_rules r = tokens_rules(&f.conf);
    assert_string_equal(r.type, "at+jwt");
    assert_int_equal(r.claims.leeway_s, 2);
    assert_int_equal(r.claims.max_lifetime_s, 0);
    assert_string_equal(r.claims.subject, "azp");
    assert_string_equal(r.claims.tenant, "/org/id");
    assert_string_equal(r.claims.permission, "roles");
    assert_string_equal(r.claims.devices, "d");
    assert_true(r.claims.devices_required);
    tear_down(&f);
}

static void test_tokens_prepare_without_jwks_takes_none(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct err e = {0};
    set_up(&f, "{}");
    assert_int_equal(tokens_prepare(&f.service, &e), 0);
    assert_int_equal(tokens_start(&f.service, NULL, 0, &e), 0);
    assert_null(f.service.jwks);
    assert_int_equal(tokens_keys(&f.service), 0);
    tear_down(&f);
}

static void test_tokens_prepare_refuses_locations_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *part;
    } cases[] = {
        {"auth: {jwks: /nonexistent/keys.json}", "/nonexistent/keys.json"},
        {"auth: {jwks: /dev/null}", "/dev/null"},
        {"auth: {jwks: \"http://keys.example/\"}", "auth.jwks: "},
        {"auth: {jwks: \"ftp://keys.example/\"}", "auth.jwks: "},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f = {0};
        struct err e = {0};
        set_up(&f, cases[i].yaml);
        assert_int_equal(tokens_prepare(&f.service, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, cases[i].part));
        assert_null(f.service.jwks);
        tear_down(&f);
    }
}

static void test_tokens_prepare_url_fetches_nothing_yet(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct err e = {0};
    set_up(&f, "auth: {jwks: \"https://keys.example/\", issuer: i, audience: a}");
    assert_int_equal(tokens_prepare(&f.service, &e), 0);
    assert_null(f.service.jwks);
    assert_string_equal(f.service.jwt.claims.issuer, "i");
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_rules_defaults),
        cmocka_unit_test(test_tokens_rules_take_what_is_configured),
        cmocka_unit_test(test_tokens_prepare_without_jwks_takes_none),
        cmocka_unit_test(test_tokens_prepare_refuses_locations_that_cannot_be),
        cmocka_unit_test(test_tokens_prepare_url_fetches_nothing_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

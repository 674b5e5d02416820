#include "ingestor/auth/claims.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/base/compiler.h"
#include "ingestor/auth/device_scope.h"

#define NOW 1800000000
#define REST "\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"t\""

static const struct claims_rules RULES = {.issuer = "i",
                                          .audience = "a",
                                          .leeway_s = 30,
                                          .max_lifetime_s = 3600,
                                          .subject = "sub",
                                          .tenant = "tenant",
                                          .permission = "/realm_access/roles",
                                          .devices = "devices"};

static enum jwt_reason check(const char *payload, const struct claims_rules *rules,
                             struct grant **grant)
{
    const enum jwt_reason reason = claims_check(str_of(payload), rules, NOW, grant);
    assert_int_equal(*grant != NULL, reason == JWT_OK);
    return reason;
}

static enum jwt_reason judge(const char *payload)
{
    struct grant *grant = NULL;
    const enum jwt_reason reason = check(payload, &RULES, &grant);
    grant_unref(grant);
    return reason;
}

static void test_check_times(void **state)
{
    (void)state;
    static const struct {
        const char *times;
        enum jwt_reason reason;
    } cases[] = {
        {"\"exp\":1800000001", JWT_OK},
        {"\"exp\":1799999971", JWT_OK}, /* one second within the leeway */
        {"\"exp\":1799999970", JWT_EXPIRED},
        {"\"exp\":1799999970.5", JWT_OK},
        {"\"exp\":1799999969.5", JWT_EXPIRED},
        {"\"exp\":0", JWT_EXPIRED},
        {"\"exp\":-1e11", JWT_EXPIRED},
        {"\"x\":1", JWT_NO_EXPIRY},
        {"\"exp\":null", JWT_BAD_CLAIMS},
        {"\"exp\":\"1800000600\"", JWT_BAD_CLAIMS},
        {"\"exp\":true", JWT_BAD_CLAIMS},
        {"\"exp\":[1800000600]", JWT_BAD_CLAIMS},
        {"\"exp\":1e300", JWT_BAD_CLAIMS},
        {"\"exp\":1e999", JWT_BAD_CLAIMS},
        {"\"exp\":9223372036854775807", JWT_BAD_CLAIMS},
        {"\"exp\":92233720368547758070", JWT_BAD_CLAIMS},
        {"\"exp\":NaN", JWT_BAD_CLAIMS},
        {"\"exp\":1800003600", JWT_OK},
        {"\"exp\":1800003601", JWT_TOO_LASTING},
        {"\"exp\":1800003601,\"nbf\":1800000001", JWT_OK},
        {"\"exp\":1800003601,\"nbf\":1800000001,\"iat\":1800000000", JWT_TOO_LASTING},
        {"\"exp\":1800000600,\"iat\":1799997000", JWT_OK},
        {"\"exp\":1800000601,\"iat\":1799997000", JWT_TOO_LASTING},
        {"\"exp\":1800000600,\"nbf\":1800000030", JWT_OK},
        {"\"exp\":1800000600,\"nbf\":1800000030.1", JWT_NOT_YET},
        {"\"exp\":1800000600,\"nbf\":\"0\"", JWT_BAD_CLAIMS},
        {"\"exp\":1800000600,\"iat\":1800000030", JWT_OK},
        {"\"exp\":1800000600,\"iat\":1800000031", JWT_NOT_YET},
        {"\"exp\":1800000600,\"iat\":1800000601", JWT_BAD_CLAIMS},
        {"\"exp\":1800000600,\"iat\":null", JWT_BAD_CLAIMS},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[256];
        snprintf(payload, sizeof payload, "{%s," REST "}", cases[i].times);
        assert_int_equal(judge(payload), cases[i].reason);
    }
}

static void test_check_without_cap_any_lifetime_passes(void **state)
{
    (void)state;
    struct claims_rules rules = RULES;
    struct grant *grant = NULL;
    rules.max_lifetime_s = 0;
    assert_int_equal(check("{\"exp\":200000000000," REST "}", &rules, &grant), JWT_OK);
    grant_unref(grant);
}

static void test_check_issuer_audience_subject_tenant(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        enum jwt_reason reason;
    } cases[] = {
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_OK},
        {"\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_ISSUER},
        {"\"iss\":\"I\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_ISSUER},
        {"\"iss\":[\"i\"],\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_ISSUER},
        {"\"iss\":\"i\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_AUDIENCE},
        {"\"iss\":\"i\",\"aud\":\"ab\",\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_AUDIENCE},
        {"\"iss\":\"i\",\"aud\":[],\"sub\":\"s\",\"tenant\":\"t\"", JWT_WRONG_AUDIENCE},
        {"\"iss\":\"i\",\"aud\":[\"x\",\"a\"],\"sub\":\"s\",\"tenant\":\"t\"", JWT_OK},
        {"\"iss\":\"i\",\"aud\":[\"a\",1],\"sub\":\"s\",\"tenant\":\"t\"", JWT_BAD_CLAIMS},
        {"\"iss\":\"i\",\"aud\":[[\"a\"]],\"sub\":\"s\",\"tenant\":\"t\"", JWT_BAD_CLAIMS},
        {"\"iss\":\"i\",\"aud\":{\"a\":1},\"sub\":\"s\",\"tenant\":\"t\"", JWT_BAD_CLAIMS},
        {"\"iss\":\"i\",\"aud\":null,\"sub\":\"s\",\"tenant\":\"t\"", JWT_BAD_CLAIMS},
        {"\"iss\":\"i\",\"aud\":\"a\",\"tenant\":\"t\"", JWT_BAD_SUBJECT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"\",\"tenant\":\"t\"", JWT_BAD_SUBJECT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":1,\"tenant\":\"t\"", JWT_BAD_SUBJECT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"a\\nb\",\"tenant\":\"t\"", JWT_BAD_SUBJECT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\"", JWT_BAD_TENANT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"\"", JWT_BAD_TENANT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"a b\"", JWT_BAD_TENANT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":\"a\\u001fb\"", JWT_BAD_TENANT},
        {"\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"tenant\":[\"t\"]", JWT_BAD_TENANT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[256];
        snprintf(payload, sizeof payload, "{\"exp\":1800000600,%s}", cases[i].claims);
        assert_int_equal(judge(payload), cases[i].reason);
    }
}

static void test_check_lengths_of_subject_and_tenant(void **state)
{
    (void)state;
    static const struct {
        int subject, tenant;
        enum jwt_reason reason;
    } cases[] = {{CLAIMS_SUBJECT_MAX, PRINCIPAL_TENANT_MAX, JWT_OK},
                 {CLAIMS_SUBJECT_MAX + 1, 1, JWT_BAD_SUBJECT},
                 {1, PRINCIPAL_TENANT_MAX + 1, JWT_BAD_TENANT}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[512];
        snprintf(payload, sizeof payload,
                 "{\"exp\":1800000600,\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"%0*d\","
                 "\"tenant\":\"%0*d\"}",
                 cases[i].subject, 0, cases[i].tenant, 0);
        assert_int_equal(judge(payload), cases[i].reason);
    }
}

static void test_check_permissions_of_all_places_add_up(void **state)
{
    (void)state;
    static const struct {
        const char *claims;
        unsigned permissions;
        enum jwt_reason reason;
    } cases[] = {
        {"\"x\":1", 0, JWT_OK},
        {"\"scope\":\"events:write\"", PERMISSION_EVENTS_WRITE, JWT_OK},
        {"\"scope\":\" openid  events:read \"", PERMISSION_EVENTS_READ, JWT_OK},
        {"\"scope\":\"events:writer Events:write events\"", 0, JWT_OK},
        {"\"scope\":\"\"", 0, JWT_OK},
        {"\"scp\":[\"events:read\",\"admin\"]", PERMISSION_EVENTS_READ | PERMISSION_ADMIN, JWT_OK},
        {"\"scp\":\"events:read\"", PERMISSION_EVENTS_READ, JWT_OK},
        {"\"permissions\":[\"events:write\"],\"scope\":\"events:read\"",
         PERMISSION_EVENTS_WRITE | PERMISSION_EVENTS_READ, JWT_OK},
        {"\"realm_access\":{\"roles\":[\"admin\",\"offline\"]}", PERMISSION_ADMIN, JWT_OK},
        {"\"realm_access\":{}", 0, JWT_OK},
        {"\"realm_access\":\"admin\"", 0, JWT_OK},
        {"\"realm_access\":{\"roles\":{\"admin\":true}}", 0, JWT_BAD_CLAIMS},
        {"\"scope\":1", 0, JWT_BAD_CLAIMS},
        {"\"scope\":null", 0, JWT_BAD_CLAIMS},
        {"\"scp\":[\"events:read\",null]", 0, JWT_BAD_CLAIMS},
        {"\"permissions\":{\"events:write\":true}", 0, JWT_BAD_CLAIMS},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[256];
        struct grant *grant = NULL;
        snprintf(payload, sizeof payload, "{\"exp\":1800000600," REST ",%s}", cases[i].claims);
        assert_int_equal(check(payload, &RULES, &grant), cases[i].reason);
        if (grant != NULL) {
            assert_int_equal(grant->principal.permissions, cases[i].permissions);
        }
        grant_unref(grant);
    }
}

static void test_check_claim_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *claims;
        enum jwt_reason reason;
    } cases[] = {
        {"org", "\"org\":\"acme\"", JWT_OK},
        {"https://x.example/tenant", "\"https://x.example/tenant\":\"acme\"", JWT_OK},
        {"/org/name", "\"org\":{\"name\":\"acme\"}", JWT_OK},
        {"/a~1b/c~0d", "\"a/b\":{\"c~d\":\"acme\"}", JWT_OK},
        {"org.name", "\"org\":{\"name\":\"acme\"}", JWT_BAD_TENANT},
        {"/org/name/x", "\"org\":{\"name\":\"acme\"}", JWT_BAD_TENANT},
        {"/org/0", "\"org\":[\"acme\"]", JWT_BAD_TENANT},
        {"/", "\"\":\"acme\"", JWT_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[256];
        struct grant *grant = NULL;
        struct claims_rules rules = RULES;
        rules.tenant = cases[i].path;
        snprintf(payload, sizeof payload,
                 "{\"exp\":1800000600,\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",%s}",
                 cases[i].claims);
        assert_int_equal(check(payload, &rules, &grant), cases[i].reason);
        if (grant != NULL) {
            assert_true(str_eq(grant->principal.tenant, str_of("acme")));
        }
        grant_unref(grant);
    }
}

static void test_check_devices(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *devices; /* devices NULL: every device */
        enum jwt_reason reason;
    } cases[] = {
        {"\"x\":1", NULL, JWT_OK},
        {"\"devices\":\"veh-*\"", "veh-*", JWT_OK},
        {"\"devices\":\"veh-1 veh-2\"", "veh-1 veh-2", JWT_OK},
        {"\"devices\":[\"veh-1\",\"car-*\"]", "veh-1 car-*", JWT_OK},
        {"\"devices\":\"\"", "", JWT_OK},
        {"\"devices\":[]", "", JWT_OK},
        {"\"devices\":[\"\"]", NULL, JWT_BAD_DEVICES},
        {"\"devices\":[\"a b\"]", NULL, JWT_BAD_DEVICES},
        {"\"devices\":[1]", NULL, JWT_BAD_DEVICES},
        {"\"devices\":null", NULL, JWT_BAD_DEVICES},
        {"\"devices\":{\"a\":1}", NULL, JWT_BAD_DEVICES},
        {"\"devices\":\"a  b\"", NULL, JWT_BAD_DEVICES},
        {"\"devices\":\"a\\u001fb\"", NULL, JWT_BAD_DEVICES},
        {"\"devices\":[\"a\\nb\"]", NULL, JWT_BAD_DEVICES},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char payload[256];
        struct grant *grant = NULL;
        snprintf(payload, sizeof payload, "{\"exp\":1800000600," REST ",%s}", cases[i].claims);
        assert_int_equal(check(payload, &RULES, &grant), cases[i].reason);
        if (grant != NULL) {
            const struct str devices = grant->principal.devices;
            assert_int_equal(devices.p == NULL, cases[i].devices == NULL);
            assert_true(str_eq(devices, str_of(cases[i].devices)));
        }
        grant_unref(grant);
    }
}

static void test_check_devices_required_or_not_configured(void **state)
{
    (void)state;
    struct grant *grant = NULL;
    struct claims_rules rules = RULES;
    rules.devices_required = true;
    assert_int_equal(check("{\"exp\":1800000600," REST "}", &rules, &grant), JWT_BAD_DEVICES);
    rules.devices = NULL;
    assert_int_equal(check("{\"exp\":1800000600," REST ",\"devices\":1}", &rules, &grant), JWT_OK);
    assert_null(grant->principal.devices.p);
    grant_unref(grant);
}

static void test_check_devices_length_cap(void **state)
{
    (void)state;
    char payload[4096];
    for (int n = DEVICE_SCOPE_MAX - 2; n <= DEVICE_SCOPE_MAX + 2; n++) {
        const enum jwt_reason expected = n <= DEVICE_SCOPE_MAX ? JWT_OK : JWT_BAD_DEVICES;
        snprintf(payload, sizeof payload, "{\"exp\":1800000600," REST ",\"devices\":\"%0*d\"}", n,
                 0);
        assert_int_equal(judge(payload), expected);
        snprintf(payload, sizeof payload,
                 "{\"exp\":1800000600," REST ",\"devices\":[\"a\",\"%0*d\"]}", n - 2, 0);
        assert_int_equal(judge(payload), expected);
    }
}

static void test_reasons_have_names_and_texts_for_a_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < JWT_REASONS; i++) {
        assert_true(strlen(jwt_reason_name((enum jwt_reason)i)) > 0);
        for (const char *p = jwt_reason_text((enum jwt_reason)i); *p != '\0'; p++) {
            assert_true(*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_times),
        cmocka_unit_test(test_check_without_cap_any_lifetime_passes),
        cmocka_unit_test(test_check_issuer_audience_subject_tenant),
        cmocka_unit_test(test_check_lengths_of_subject_and_tenant),
        cmocka_unit_test(test_check_permissions_of_all_places_add_up),
        cmocka_unit_test(test_check_claim_paths),
        cmocka_unit_test(test_check_devices),
        cmocka_unit_test(test_check_devices_required_or_not_configured),
        cmocka_unit_test(test_check_devices_length_cap),
        cmocka_unit_test(test_reasons_have_names_and_texts_for_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

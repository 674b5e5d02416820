#include "ingestor/auth/apikey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/conf.h"

#define SECRET "wiVtjwaFZEQq5RxMzCM6tMC_7Ryn0gfFefd9jfDiiBY"
#define DIGEST "13846e1b2c88bd270e703d26a87eb6f398d041bc9c41d7d21bb668c55a8b2210"

static void test_apikey_parse_text_gives_id_and_secret(void **state)
{
    (void)state;
    static const struct {
        const char *text, *id; /* id NULL: refused */
    } cases[] = {
        {"tk_demo_" SECRET, "demo"},
        {"tk_a_" SECRET, "a"},
        {"tk_a-1-b_" SECRET, "a-1-b"},
        {"tk_0123456789012345678901234567890b_" SECRET, "0123456789012345678901234567890b"},
        {"tk_0123456789012345678901234567890bc_" SECRET, NULL},
        {"tk__" SECRET, NULL},
        {"tk_" SECRET, NULL},
        {"TK_demo_" SECRET, NULL},
        {"tk_demo-" SECRET, NULL},
        {"tk_demo_short", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct str id;
        struct str secret;
        int rc = apikey_parse(str_of(cases[i].text), &id, &secret);
        assert_int_equal(rc, cases[i].id == NULL ? -1 : 0);
        if (rc == 0) {
            assert_true(str_eq(id, str_of(cases[i].id)));
            assert_true(str_eq(secret, str_of(SECRET)));
        }
    }
}

static void test_apikey_bearer_scheme_is_dropped(void **state)
{
    (void)state;
    assert_true(str_eq(apikey_bearer(str_of("Bearer tk_x")), str_of("tk_x")));
    assert_true(str_eq(apikey_bearer(str_of("bEARER   tk_x")), str_of("tk_x")));
    assert_int_equal(apikey_bearer(str_of("Basic tk_x")).n, 0);
    assert_int_equal(apikey_bearer(str_of("Bearer")).n, 0);
    assert_int_equal(apikey_bearer(str_of("Bearer ")).n, 0);
}

struct fields {
    const char *id, *sha256, *tenant, *permissions, *devices;
};

static struct apikeys *load(const struct fields *f, size_t n, struct err *e)
{
    char *values[4][API_KEY_FIELDS] = {{0}};
    struct conf_record records[4];
    for (size_t i = 0; i < n; i++) {
        const char *const texts[] = {f[i].id, f[i].sha256, f[i].tenant, f[i].permissions,
                                     f[i].devices};
        for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
            values[i][k] = texts[k] == NULL ? NULL : mem_strdup(texts[k]);
        }
        records[i].values = values[i];
    }
    const struct conf_list list = {records, n};
    struct apikeys *keys = apikeys_new(&list, e);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < API_KEY_FIELDS; k++) {
            mem_free(values[i][k]);
        }
    }
    return keys;
}

static void test_apikeys_find_only_the_right_secret(void **state)
{
    (void)state;
    static const char other[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const struct fields records[] = {
        {"zed", other, "t1", "events:read"},
        {"demo", DIGEST, "acme", "events:write  events:read", "veh-* pump-?"},
        {"abc", other, "t2", ""},
    };
    struct err e = {0};
    struct apikeys *keys = load(records, ARRAY_SIZE(records), &e);
    struct sha256 *h = sha256_new();
    assert_non_null(keys);
    assert_int_equal(apikeys_count(keys), 3);
    const struct principal *p = apikeys_find(keys, h, str_of("tk_demo_" SECRET));
    assert_non_null(p);
    assert_true(str_eq(p->tenant, str_of("acme")));
    assert_int_equal(p->permissions, PERMISSION_EVENTS_WRITE | PERMISSION_EVENTS_READ);
    assert_true(str_eq(p->devices, str_of("veh-* pump-?")));
    assert_null(apikeys_find(keys, h, str_of("tk_zed_" SECRET)));
    assert_null(apikeys_find(keys, h, str_of("tk_nobody_" SECRET)));
    assert_null(
        apikeys_find(keys, h, str_of("tk_demo_xiVtjwaFZEQq5RxMzCM6tMC_7Ryn0gfFefd9jfDiiBY")));
    assert_null(apikeys_find(keys, h, str_of("")));
    sha256_free(h);
    apikeys_free(keys);
}

static void test_apikeys_find_key_without_devices_speaks_for_all(void **state)
{
    (void)state;
    static const struct fields record = {"demo", DIGEST, "acme", "events:write", NULL};
    struct err e = {0};
    struct apikeys *keys = load(&record, 1, &e);
    struct sha256 *h = sha256_new();
    const struct principal *p = apikeys_find(keys, h, str_of("tk_demo_" SECRET));
    assert_non_null(p);
    assert_null(p->devices.p);
    sha256_free(h);
    apikeys_free(keys);
}

static void test_apikeys_new_bad_record_is_refused_and_named(void **state)
{
    (void)state;
    static const struct {
        struct fields record;
        const char *reason;
    } cases[] = {
        {{NULL, DIGEST, "t", ""}, "id must be"},
        {{"", DIGEST, "t", ""}, "id must be"},
        {{"Demo", DIGEST, "t", ""}, "id must be"},
        {{"demo", NULL, "t", ""}, "sha256"},
        {{"demo", "abc", "t", ""}, "sha256"},
        {{"demo", DIGEST, NULL, ""}, "tenant"},
        {{"demo", DIGEST, "a b", ""}, "tenant"},
        {{"demo", DIGEST, "a\x1f", ""}, "tenant"},
        {{"demo", DIGEST, "t", "events:write root"}, "\"root\""},
        {{"demo", DIGEST, "t", NULL}, "permission"},
        {{"demo", DIGEST, "t", "", ""}, "devices"},
        {{"demo", DIGEST, "t", "", "a  b"}, "devices"},
        {{"demo", DIGEST, "t", "", "a\x1f"}, "devices"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err e = {0};
        assert_null(load(&cases[i].record, 1, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.text, cases[i].reason));
    }
    static const struct fields twice[] = {{"demo", DIGEST, "t", ""}, {"demo", DIGEST, "u", ""}};
    struct err e = {0};
    assert_null(load(twice, 2, &e));
    assert_non_null(strstr(e.text, "demo"));
}

static void test_apikey_make_gives_a_key_that_parses_and_differs(void **state)
{
    (void)state;
    char first[APIKEY_TEXT_MAX + 1];
    char second[APIKEY_TEXT_MAX + 1];
    struct err e = {0};
    struct str id;
    struct str secret;
    assert_int_equal(apikey_make("a-1", first, &e), 0);
    assert_int_equal(apikey_make("a-1", second, &e), 0);
    assert_string_not_equal(first, second);
    assert_int_equal(apikey_parse(str_of(first), &id, &secret), 0);
    assert_true(str_eq(id, str_of("a-1")));
    assert_int_equal(apikey_make("A", first, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
}

static void test_sha256_digest_of_known_text(void **state)
{
    (void)state;
    uint8_t digest[SHA256_SIZE];
    uint8_t parsed[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    struct sha256 *h = sha256_new();
    for (int i = 0; i < 2; i++) { /* twice: the state is used again */
        sha256_digest(h, str_of(SECRET), digest);
        sha256_format_hex(digest, hex);
        assert_string_equal(hex, DIGEST);
    }
    sha256_free(h);
    assert_int_equal(sha256_parse_hex(str_of(DIGEST), parsed), 0);
    assert_memory_equal(parsed, digest, sizeof digest);
    assert_int_equal(sha256_parse_hex(str_of("13846E"), parsed), -1);
    hex[5] = 'g';
    assert_int_equal(sha256_parse_hex(str_of(hex), parsed), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apikey_parse_text_gives_id_and_secret),
        cmocka_unit_test(test_apikey_bearer_scheme_is_dropped),
        cmocka_unit_test(test_apikeys_find_only_the_right_secret),
        cmocka_unit_test(test_apikeys_find_key_without_devices_speaks_for_all),
        cmocka_unit_test(test_apikeys_new_bad_record_is_refused_and_named),
        cmocka_unit_test(test_apikey_make_gives_a_key_that_parses_and_differs),
        cmocka_unit_test(test_sha256_digest_of_known_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

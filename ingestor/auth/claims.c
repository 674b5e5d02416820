#include "ingestor/auth/claims.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "ingestor/auth/device_scope.h"
#include "ingestor/auth/strict_json_internal.h"

/* Runs on the http threads, once per token and not per request: see token_cache.h. */

#define TIME_MAX 253402300800.0 /* 10000-01-01: keeps sums of seconds far from any overflow */
#define POINTER_NAME_MAX 128    /* bytes of one unescaped name of a claim's pointer */

static const struct {
    const char *name;
    const char *text;
} REASONS[JWT_REASONS] = {
#define JWT_REASON(id, name, text) [id] = {name, text},
#include "ingestor/auth/jwt_reason.def"
#undef JWT_REASON
};

const char *jwt_reason_name(enum jwt_reason reason)
{
    assert(reason < JWT_REASONS);
    return REASONS[reason].name;
}

const char *jwt_reason_text(enum jwt_reason reason)
{
    assert(reason < JWT_REASONS);
    return REASONS[reason].text;
}

/* One step of a pointer (RFC 6901): *at stands behind a slash and goes behind the name. */
static const json_t *step(const json_t *in, const char **at)
{
    char name[POINTER_NAME_MAX + 1];
    size_t n = 0;
    const char *p = *at;
    while (*p != '\0' && *p != '/') {
        char c = *p++;
        if (c == '~' && (*p == '0' || *p == '1')) {
            c = *p++ == '0' ? '~' : '/';
        }
        if (n == POINTER_NAME_MAX) {
            return NULL;
        }
        name[n++] = c;
    }
    name[n] = '\0';
    *at = p;
    return json_object_get(in, name);
}

static const json_t *claim(const json_t *payload, const char *path)
{
    if (path[0] != '/') {
        return json_object_get(payload, path);
    }
    const json_t *value = payload;
    while (value != NULL && *path == '/') {
        path++;
        value = step(value, &path);
    }
    return value;
}

/* A NumericDate (RFC 7519 section 2) as the first whole second that is not before it. False when
 * the member is there and no such number; *present says whether it is there. */
static bool read_time(const json_t *payload, const char *name, bool *present, int64_t *seconds)
{
    const json_t *value = json_object_get(payload, name);
    *present = value != NULL;
    *seconds = 0;
    if (value == NULL) {
        return true;
    }
    const double number = json_number_value(value);
    if (!json_is_number(value) || !(fabs(number) < TIME_MAX)) {
        return false;
    }
    *seconds = (int64_t)ceil(number);
    return true;
}

static enum jwt_reason check_times(const json_t *payload, const struct claims_rules *rules,
                                   int64_t now_s, int64_t *expires_s)
{
    bool has_exp, has_nbf, has_iat;
    int64_t exp, nbf, iat;
    if (!read_time(payload, "exp", &has_exp, &exp) || !read_time(payload, "nbf", &has_nbf, &nbf) ||
        !read_time(payload, "iat", &has_iat, &iat) || (has_exp && has_iat && iat > exp)) {
        return JWT_BAD_CLAIMS;
    }
    if (!has_exp) {
        return JWT_NO_EXPIRY;
    }
    *expires_s = exp + rules->leeway_s;
    if (now_s >= *expires_s) {
        return JWT_EXPIRED;
    }
    const int64_t latest = now_s + rules->leeway_s;
    if ((has_nbf && nbf > latest) || (has_iat && iat > latest)) {
        return JWT_NOT_YET;
    }
    const int64_t since = has_iat ? iat : has_nbf ? nbf : now_s;
    if (rules->max_lifetime_s > 0 && exp - since > rules->max_lifetime_s) {
        return JWT_TOO_LASTING;
    }
    return JWT_OK;
}

static enum jwt_reason check_audience(const json_t *payload, struct str ours)
{
    const json_t *aud = json_object_get(payload, "aud");
    if (json_is_string(aud)) {
        return str_eq(strict_json_text(aud), ours) ? JWT_OK : JWT_WRONG_AUDIENCE;
    }
    if (aud != NULL && !json_is_array(aud)) {
        return JWT_BAD_CLAIMS;
    }
    bool found = false;
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const json_t *one = json_array_get(aud, i);
        if (!json_is_string(one)) {
            return JWT_BAD_CLAIMS;
        }
        found = found || str_eq(strict_json_text(one), ours);
    }
    return found ? JWT_OK : JWT_WRONG_AUDIENCE;
}

/* False when the claim is neither absent, nor a string, nor an array of strings. */
static bool read_permissions(const json_t *value, unsigned *set)
{
    if (json_is_string(value)) {
        *set |= permissions_known(strict_json_text(value));
        return true;
    }
    if (value != NULL && !json_is_array(value)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        if (!json_is_string(one)) {
            return false;
        }
        *set |= permissions_known(strict_json_text(one));
    }
    return true;
}

static bool subject_valid(struct str subject)
{
    if (subject.n == 0 || subject.n > CLAIMS_SUBJECT_MAX) {
        return false;
    }
    for (size_t i = 0; i < subject.n; i++) {
        if ((unsigned char)subject.p[i] < 0x20 || subject.p[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool tenant_valid(struct str tenant)
{
    if (tenant.n == 0 || tenant.n > PRINCIPAL_TENANT_MAX) {
        return false;
    }
    for (size_t i = 0; i < tenant.n; i++) {
        const char c = tenant.p[i];
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

/* Joins an array of patterns in out. False when it is no array of strings or too long. */
static bool join_devices(const json_t *value, char out[DEVICE_SCOPE_MAX], size_t *n)
{
    *n = 0;
    if (!json_is_array(value)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct str one = strict_json_text(json_array_get(value, i));
        if (one.n == 0 || one.n + 1 > DEVICE_SCOPE_MAX - *n || memchr(one.p, ' ', one.n) != NULL) {
            return false;
        }
        if (i > 0) {
            out[(*n)++] = ' ';
        }
        memcpy(out + *n, one.p, one.n);
        *n += one.n;
    }
    return true;
}

static enum jwt_reason read_devices(const json_t *payload, const struct claims_rules *rules,
                                    char joined[DEVICE_SCOPE_MAX], struct str *devices)
{
    *devices = (struct str){NULL, 0};
    const json_t *value = rules->devices == NULL ? NULL : claim(payload, rules->devices);
    if (value == NULL) {
        return rules->devices != NULL && rules->devices_required ? JWT_BAD_DEVICES : JWT_OK;
    }
    if (json_is_string(value)) {
        *devices = strict_json_text(value);
    } else {
        size_t n = 0;
        if (!join_devices(value, joined, &n)) {
            return JWT_BAD_DEVICES;
        }
        *devices = (struct str){joined, n};
    }
    return device_scope_valid(*devices) ? JWT_OK : JWT_BAD_DEVICES;
}

static enum jwt_reason read_principal(const json_t *payload, const struct claims_rules *rules,
                                      char joined[DEVICE_SCOPE_MAX], struct principal *values)
{
    static const char *const usual[] = {"scope", "scp", "permissions"};
    values->id = strict_json_text(claim(payload, rules->subject));
    if (!subject_valid(values->id)) {
        return JWT_BAD_SUBJECT;
    }
    values->tenant = strict_json_text(claim(payload, rules->tenant));
    if (!tenant_valid(values->tenant)) {
        return JWT_BAD_TENANT;
    }
    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        const json_t *value = json_object_get(payload, usual[i]);
        if (!read_permissions(value, &values->permissions)) {
            return JWT_BAD_CLAIMS;
        }
    }
    if (rules->permission != NULL &&
        !read_permissions(claim(payload, rules->permission), &values->permissions)) {
        return JWT_BAD_CLAIMS;
    }
    return read_devices(payload, rules, joined, &values->devices);
}

static enum jwt_reason check_payload(const json_t *payload, const struct claims_rules *rules,
                                     int64_t now_s, struct grant **grant)
{
    struct grant values = {0};
    enum jwt_reason reason = check_times(payload, rules, now_s, &values.expires_s);
    if (reason != JWT_OK) {
        return reason;
    }
    if (!str_eq(strict_json_text(json_object_get(payload, "iss")), str_of(rules->issuer))) {
        return JWT_WRONG_ISSUER;
    }
    reason = check_audience(payload, str_of(rules->audience));
    if (reason != JWT_OK) {
        return reason;
    }
    char joined[DEVICE_SCOPE_MAX];
    reason = read_principal(payload, rules, joined, &values.principal);
    if (reason == JWT_OK) {
        *grant = grant_new(&values);
    }
    return reason;
}

enum jwt_reason claims_check(struct str payload, const struct claims_rules *rules, int64_t now_s,
                             struct grant **grant)
{
    assert(rules->issuer[0] != '\0' && rules->audience[0] != '\0');
    *grant = NULL;
    json_t *root = strict_json_object(payload, NULL);
    if (root == NULL) {
        return JWT_BAD_CLAIMS;
    }
    const enum jwt_reason reason = check_payload(root, rules, now_s, grant);
    json_decref(root);
    return reason;
}

#include "ingestor/auth/jwt.h"

#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "ingestor/auth/base64url.h"
#include "ingestor/auth/signature.h"
#include "ingestor/auth/strict_json_internal.h"

/* Runs on the http threads, for tokens that are not in the thread's cache. */

#define DECODED_MAX (JWT_TOKEN_MAX / 4 * 3)

struct jwt_verifier {
    struct signature_checker *signatures;
    uint8_t text[DECODED_MAX]; /* header, then payload */
    uint8_t signature[SIGNATURE_MAX];
};

struct parts {
    struct str header, payload, signature;
    struct str signed_text; /* header, dot, payload */
};

struct jwt_verifier *jwt_verifier_new(void)
{
    struct jwt_verifier *v = mem_calloc(1, sizeof *v);
    v->signatures = signature_checker_new();
    return v;
}

void jwt_verifier_free(struct jwt_verifier *v)
{
    if (v == NULL) {
        return;
    }
    signature_checker_free(v->signatures);
    mem_wipe(v, sizeof *v);
    mem_free(v);
}

/* 0, or -1 unless there are exactly two dots with something before, between and behind. */
static int split(struct str token, struct parts *parts)
{
    const char *end = token.p + token.n;
    const char *first = memchr(token.p, '.', token.n);
    if (first == NULL) {
        return -1;
    }
    const char *second = memchr(first + 1, '.', (size_t)(end - first - 1));
    if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL) {
        return -1;
    }
    parts->header = (struct str){token.p, (size_t)(first - token.p)};
    parts->payload = (struct str){first + 1, (size_t)(second - first - 1)};
    parts->signature = (struct str){second + 1, (size_t)(end - second - 1)};
    parts->signed_text = (struct str){token.p, (size_t)(second - token.p)};
    return parts->header.n > 0 && parts->payload.n > 0 && parts->signature.n > 0 ? 0 : -1;
}

static bool type_is(struct str type, const char *expected)
{
    static const char prefix[] = "application/";
    const size_t skip = sizeof prefix - 1;
    if (type.n > skip && strncasecmp(type.p, prefix, skip) == 0) {
        type = (struct str){type.p + skip, type.n - skip};
    }
    return type.n > 0 && type.n == strlen(expected) && strncasecmp(type.p, expected, type.n) == 0;
}

static enum jwt_reason find_key(const json_t *header, const struct keyset *set,
                                const struct key **key)
{
    const json_t *alg_name = json_object_get(header, "alg");
    const json_t *kid = json_object_get(header, "kid");
    enum jwa_alg alg;
    if (!json_is_string(alg_name) ||
        (kid != NULL && (!json_is_string(kid) || json_string_length(kid) > KEYSET_KID_MAX))) {
        return JWT_BAD_HEADER;
    }
    if (jwa_find(strict_json_text(alg_name), &alg) != 0) {
        return JWT_UNKNOWN_ALG;
    }
    switch (keyset_find(set, alg, strict_json_text(kid), key)) {
    case KEYSET_FOUND:
        return JWT_OK;
    case KEYSET_UNKNOWN:
        return JWT_UNKNOWN_KEY;
    case KEYSET_WRONG_ALG:
        return JWT_WRONG_ALG;
    }
    return JWT_UNKNOWN_KEY;
}

static enum jwt_reason check_header(const json_t *header, const struct keyset *set,
                                    const char *type, const struct key **key)
{
    if (json_object_get(header, "crit") != NULL) {
        return JWT_CRITICAL;
    }
    /* RFC 7797 section 6 wants it in crit; without it the payload could be read in two ways. */
    if (json_object_get(header, "b64") != NULL) {
        return JWT_BAD_HEADER;
    }
    if (type != NULL && !type_is(strict_json_text(json_object_get(header, "typ")), type)) {
        return JWT_WRONG_TYPE;
    }
    return find_key(header, set, key);
}

static int decode_text(struct jwt_verifier *v, struct str part, struct str *text)
{
    size_t n = 0;
    if (base64url_decode(part, v->text, sizeof v->text, &n) != 0) {
        return -1;
    }
    *text = (struct str){(const char *)v->text, n};
    return 0;
}

static enum jwt_reason read_header(struct jwt_verifier *v, const struct keyset *set,
                                   const struct jwt_rules *rules, struct str part,
                                   const struct key **key)
{
    struct str text;
    if (decode_text(v, part, &text) != 0) {
        return JWT_MALFORMED;
    }
    json_t *header = strict_json_object(text, NULL);
    if (header == NULL) {
        return JWT_BAD_HEADER;
    }
    const enum jwt_reason reason = check_header(header, set, rules->type, key);
    json_decref(header);
    return reason;
}

static enum jwt_reason check_signature(struct jwt_verifier *v, const struct key *key,
                                       const struct parts *parts)
{
    if (base64url_size(SIGNATURE_MAX) < parts->signature.n) {
        return JWT_BAD_SIGNATURE;
    }
    size_t n = 0;
    if (base64url_decode(parts->signature, v->signature, sizeof v->signature, &n) != 0) {
        return JWT_MALFORMED;
    }
    const bool good = signature_check(v->signatures, key, parts->signed_text, v->signature, n);
    /* Header and payload are guessable: the signature is what makes a token a secret. */
    mem_wipe(v->signature, n);
    return good ? JWT_OK : JWT_BAD_SIGNATURE;
}

enum jwt_reason jwt_verify(struct jwt_verifier *v, const struct keyset *set,
                           const struct jwt_rules *rules, struct str token, int64_t now_s,
                           struct grant **grant)
{
    *grant = NULL;
    struct parts parts;
    if (token.n > JWT_TOKEN_MAX) {
        return JWT_TOO_LONG;
    }
    if (token.n == 0 || split(token, &parts) != 0) {
        return JWT_MALFORMED;
    }
    const struct key *key = NULL;
    enum jwt_reason reason = read_header(v, set, rules, parts.header, &key);
    if (reason != JWT_OK) {
        return reason;
    }
    reason = check_signature(v, key, &parts);
    if (reason != JWT_OK) {
        return reason;
    }
    struct str payload;
    if (decode_text(v, parts.payload, &payload) != 0) {
        return JWT_MALFORMED;
    }
    return claims_check(payload, &rules->claims, now_s, grant);
}

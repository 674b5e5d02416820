#include "tests/fuzz/fuzz.h"

/*
 * Tokens: the bytes as a token, and the bytes as header and payload (parted by the first newline,
 * which JSON does not need) of a token that is really signed, so that what lies behind the
 * signature is reached. What is accepted must be accepted by libjwt too and keep our rules.
 */

#include <jansson.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/mem.h"
#include "ingestor/auth/base64url.h"
#include "ingestor/auth/device_scope.h"
#include "ingestor/auth/jwt.h"

#define NOW 1300819000 /* before the exp of RFC 7515's examples */

/* Public examples: RFC 7515 appendix A.1 and A.3, RFC 8037 appendix A.2. */
#define SECRET \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
static const char KEYS[] = "{\"keys\":["
                           "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"h\",\"k\":\"" SECRET "\"},"
                           "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\","
                           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
                           "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"o\","
                           "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static const struct jwt_rules RULES = {.claims = {.issuer = "joe",
                                                  .audience = "a",
                                                  .leeway_s = 30,
                                                  .max_lifetime_s = 86400,
                                                  .subject = "sub",
                                                  .tenant = "tenant",
                                                  .permission = "/realm_access/roles",
                                                  .devices = "devices"}};

/* Made once, never changed by an input. */
struct fixture {
    struct keyset *set;
    uint8_t secret[128];
    size_t secret_n;
};

static const struct fixture *fixture(void)
{
    static struct fixture f;
    if (f.set == NULL) {
        static const struct keyset_policy policy = {
            .rsa_alg = JWA_RS256, .secrets = true, .strict = true};
        struct keyset_report report;
        f.set = keyset_parse(str_of(KEYS), &policy, &report, NULL);
        FUZZ_CHECK(f.set != NULL);
        FUZZ_CHECK(base64url_decode(str_of(SECRET), f.secret, sizeof f.secret, &f.secret_n) == 0);
    }
    return &f;
}

static bool has_type(struct str token)
{
    uint8_t text[JWT_TOKEN_MAX];
    size_t n = 0;
    const char *dot = memchr(token.p, '.', token.n);
    const struct str part = {token.p, (size_t)(dot - token.p)};
    FUZZ_CHECK(base64url_decode(part, text, sizeof text, &n) == 0);
    json_t *header = json_loadb((const char *)text, n, 0, NULL);
    FUZZ_CHECK(header != NULL);
    const bool typed = json_object_get(header, "typ") != NULL;
    json_decref(header);
    return typed;
}

/* Only HS256 tokens can be made here; another library must take them too. libjwt knows no other
 * type than JWT. */
static void check_other_library(const struct fixture *f, struct str token)
{
    if (has_type(token)) {
        return;
    }
    char *text = mem_strndup(token.p, token.n);
    jwt_t *jwt = NULL;
    FUZZ_CHECK(strlen(text) == token.n);
    FUZZ_CHECK(jwt_decode(&jwt, text, f->secret, (int)f->secret_n) == 0);
    FUZZ_CHECK(jwt_get_alg(jwt) == JWT_ALG_HS256);
    FUZZ_CHECK(strcmp(jwt_get_grant(jwt, "iss"), "joe") == 0);
    jwt_free(jwt);
    mem_free(text);
}

static void check_grant(const struct grant *g)
{
    FUZZ_CHECK(g->expires_s > NOW && g->expires_s <= NOW + 86400 + 31 + 30);
    FUZZ_CHECK(g->principal.id.n >= 1 && g->principal.id.n <= CLAIMS_SUBJECT_MAX);
    FUZZ_CHECK(g->principal.tenant.n >= 1 && g->principal.tenant.n <= PRINCIPAL_TENANT_MAX);
    FUZZ_CHECK(memchr(g->principal.tenant.p, 0x1f, g->principal.tenant.n) == NULL);
    FUZZ_CHECK(g->principal.devices.p == NULL || device_scope_valid(g->principal.devices));
    (void)device_scope_allows(g->principal.devices, g->principal.id);
}

static enum jwt_reason verify(const struct fixture *f, struct str token)
{
    struct jwt_verifier *v = jwt_verifier_new();
    struct grant *grant = NULL;
    struct grant *again = NULL;
    const enum jwt_reason reason = jwt_verify(v, f->set, &RULES, token, NOW, &grant);
    FUZZ_CHECK(jwt_verify(v, f->set, &RULES, token, NOW, &again) == reason);
    FUZZ_CHECK((grant != NULL) == (reason == JWT_OK) && (again != NULL) == (reason == JWT_OK));
    if (grant != NULL) {
        FUZZ_CHECK(token.n <= JWT_TOKEN_MAX);
        check_grant(grant);
        check_other_library(f, token);
    }
    grant_unref(grant);
    grant_unref(again);
    jwt_verifier_free(v);
    return reason;
}

static void add_part(struct buf *out, const uint8_t *p, size_t n)
{
    char *to = buf_reserve(out, base64url_size(n) + 1);
    FUZZ_CHECK(to != NULL);
    out->n += base64url_encode(p, n, to);
}

static void fuzz_signed(const struct fixture *f, const uint8_t *data, size_t n)
{
    const uint8_t *newline = n == 0 ? NULL : memchr(data, '\n', n);
    const size_t header_n = newline == NULL ? 0 : (size_t)(newline - data);
    struct buf token;
    uint8_t tag[64];
    size_t tag_n = 0;
    if (newline == NULL) {
        return;
    }
    buf_init(&token, (size_t)4 << 20);
    add_part(&token, data, header_n);
    FUZZ_CHECK(buf_add(&token, ".", 1) == 0);
    add_part(&token, newline + 1, n - header_n - 1);
    FUZZ_CHECK(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, f->secret, f->secret_n,
                         (const unsigned char *)token.p, token.n, tag, sizeof tag, &tag_n) != NULL);
    FUZZ_CHECK(buf_add(&token, ".", 1) == 0);
    add_part(&token, tag, tag_n);
    const enum jwt_reason reason = verify(f, (struct str){token.p, token.n});
    FUZZ_CHECK(reason < JWT_REASONS);
    buf_release(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const struct fixture *f = fixture();
    struct grant *grant = NULL;
    (void)verify(f, (struct str){(const char *)data, n});
    fuzz_signed(f, data, n);
    if (claims_check((struct str){(const char *)data, n}, &RULES.claims, NOW, &grant) == JWT_OK) {
        check_grant(grant);
    }
    grant_unref(grant);
    return 0;
}

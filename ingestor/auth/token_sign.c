#include "ingestor/auth/token_sign.h"

#include <jansson.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/auth/base64url.h"

/* A command-line tool's work: no thread of the server comes here. */

#define SECRET_MAX 512       /* bytes; keyset.h takes no longer one */
#define TOKEN_TEXT_MAX 65536 /* bytes; jwt.h takes far shorter ones */

static int fail(struct err *e, const char *what)
{
    char reason[128] = "no further reason";
    const unsigned long code = ERR_get_error();
    if (code != 0) {
        ERR_error_string_n(code, reason, sizeof reason);
    }
    ERR_clear_error();
    err_set(e, ERR_INVALID, "%s: %s", what, reason);
    return -1;
}

static struct str trim_end(struct str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' ')) {
        s.n--;
    }
    return s;
}

/* What jwt_set_alg takes: HMAC's bytes, or the PEM. Wiped by the caller. 0, or -1 with e. */
static int key_bytes(enum jwa_alg alg, struct str key, uint8_t **bytes, size_t *n, struct err *e)
{
    const bool hmac = jwa_of(alg)->family == JWA_HMAC;
    const size_t size = hmac ? SECRET_MAX : key.n;
    *bytes = mem_alloc(size);
    *n = key.n;
    if (!hmac) {
        memcpy(*bytes, key.p, key.n);
        return 0;
    }
    if (base64url_decode(trim_end(key), *bytes, size, n) != 0 || *n < jwa_of(alg)->digest_size) {
        mem_wipe(*bytes, size);
        mem_free(*bytes);
        err_set(e, ERR_USAGE, "the key of %s must be base64url of %zu to %d bytes",
                jwa_of(alg)->name, jwa_of(alg)->digest_size, SECRET_MAX);
        return -1;
    }
    return 0;
}

/* jwt_encode_str would hand out memory for free(3), which is not ours to call. */
static int encode_to(jwt_t *jwt, struct buf *out)
{
    char *room = buf_reserve(out, TOKEN_TEXT_MAX);
    FILE *stream = room == NULL ? NULL : fmemopen(room, TOKEN_TEXT_MAX, "w");
    if (stream == NULL) {
        return -1;
    }
    int rc = jwt_encode_fp(jwt, stream);
    const long n = ftell(stream);
    rc = fclose(stream) != 0 || n <= 0 || n >= TOKEN_TEXT_MAX ? -1 : rc;
    out->n += rc != 0 ? 0 : (size_t)n;
    return rc;
}

static int encode_with_libjwt(jwt_t *jwt, enum jwa_alg alg, const char *kid, struct str key,
                              const char *claims, struct buf *out, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    if (key_bytes(alg, key, &bytes, &n, e) != 0) {
        return -1;
    }
    int rc = jwt_set_alg(jwt, jwt_str_alg(jwa_of(alg)->name), bytes, (int)n);
    mem_wipe(bytes, n);
    mem_free(bytes);
    rc = rc != 0 ? rc : jwt_add_grants_json(jwt, claims);
    rc = rc != 0 || kid == NULL ? rc : jwt_add_header(jwt, "kid", kid);
    if (rc != 0 || encode_to(jwt, out) != 0) {
        err_set(e, ERR_USAGE, "sign with %s: libjwt takes neither this key nor these claims",
                jwa_of(alg)->name);
        return -1;
    }
    return 0;
}

static int sign_with_libjwt(enum jwa_alg alg, const char *kid, struct str key, const char *claims,
                            struct buf *out, struct err *e)
{
    jwt_t *jwt = NULL;
    if (jwt_new(&jwt) != 0) {
        err_set(e, ERR_SYSTEM, "libjwt does not start");
        return -1;
    }
    const int rc = encode_with_libjwt(jwt, alg, kid, key, claims, out, e);
    jwt_free(jwt);
    return rc;
}

static int add_base64url(struct buf *out, const void *p, size_t n)
{
    if (n > TOKEN_TEXT_MAX) {
        return -1;
    }
    char *to = buf_reserve(out, base64url_size(n));
    if (to == NULL) {
        return -1;
    }
    out->n += base64url_encode(p, n, to);
    return 0;
}

static int on_json(const char *p, size_t n, void *arg)
{
    return buf_add(arg, p, n);
}

/* Header, dot, claims. 0, or -1 with e. */
static int add_signed_text(enum jwa_alg alg, const char *kid, const char *claims, struct buf *out,
                           struct err *e)
{
    struct buf text;
    buf_init(&text, TOKEN_TEXT_MAX);
    json_t *header = json_pack("{ss ss ss*}", "alg", jwa_of(alg)->name, "typ", "JWT", "kid", kid);
    const int rc = header == NULL ||
                           json_dump_callback(header, on_json, &text, JSON_COMPACT) != 0 ||
                           add_base64url(out, text.p, text.n) != 0 || buf_add(out, ".", 1) != 0 ||
                           add_base64url(out, claims, strlen(claims)) != 0
                       ? -1
                       : 0;
    json_decref(header);
    buf_release(&text);
    if (rc != 0) {
        err_set(e, ERR_LIMIT, "kid and claims make the token longer than %zu bytes", out->limit);
    }
    return rc;
}

static bool sign_digest(EVP_MD_CTX *ctx, EVP_PKEY *pkey, enum jwa_alg alg, struct str text,
                        uint8_t *signature, size_t *n)
{
    const char *digest = jwa_of(alg)->digest;
    EVP_PKEY_CTX *options = NULL;
    if (EVP_DigestSignInit_ex(ctx, &options, digest, NULL, NULL, pkey, NULL) != 1) {
        return false;
    }
    if (jwa_of(alg)->family == JWA_RSA_PSS &&
        (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) <= 0 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) <= 0)) {
        return false;
    }
    return EVP_DigestSign(ctx, signature, n, (const unsigned char *)text.p, text.n) == 1;
}

static EVP_PKEY *read_private_key(enum jwa_alg alg, struct str key, struct err *e)
{
    static const char *const types[] = {
        [JWA_RSA] = "RSA", [JWA_RSA_PSS] = "RSA", [JWA_ECDSA] = "EC", [JWA_ED25519] = "ED25519"};
    const char *type = types[jwa_of(alg)->family];
    const char *group = jwa_of(alg)->group;
    char name[64] = "";
    BIO *bio = BIO_new_mem_buf(key.p, (int)key.n);
    /* An empty passphrase instead of OpenSSL's question on the terminal. */
    char passphrase[] = "";
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, passphrase);
    BIO_free(bio);
    if (pkey == NULL) {
        (void)fail(e, "read the private key (PEM)");
        return NULL;
    }
    /* libjwt 1.10 signs ES256 with a P-521 key when asked to. */
    if (EVP_PKEY_is_a(pkey, type) != 1 ||
        (group != NULL && (EVP_PKEY_get_group_name(pkey, name, sizeof name, NULL) != 1 ||
                           strcmp(name, group) != 0))) {
        EVP_PKEY_free(pkey);
        err_set(e, ERR_USAGE, "%s needs a private key of type %s%s%s", jwa_of(alg)->name, type,
                group == NULL ? "" : " on ", group == NULL ? "" : jwa_of(alg)->curve);
        return NULL;
    }
    return pkey;
}

static int sign_with_openssl(enum jwa_alg alg, const char *kid, EVP_PKEY *pkey, const char *claims,
                             struct buf *out, struct err *e)
{
    const size_t begin = out->n;
    uint8_t signature[1024];
    size_t n = sizeof signature;
    int rc = add_signed_text(alg, kid, claims, out, e);
    if (rc == 0) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        const struct str text = {out->p + begin, out->n - begin};
        rc = ctx != NULL && sign_digest(ctx, pkey, alg, text, signature, &n) ? 0 : fail(e, "sign");
        EVP_MD_CTX_free(ctx);
    }
    if (rc == 0 && (buf_add(out, ".", 1) != 0 || add_base64url(out, signature, n) != 0)) {
        err_set(e, ERR_LIMIT, "the token is longer than %zu bytes", out->limit);
        rc = -1;
    }
    return rc;
}

/* 0, or -1 with e. */
static int check_claims(const char *claims, struct err *e)
{
    json_error_t where;
    json_t *root = json_loads(claims, JSON_REJECT_DUPLICATES, &where);
    const bool object = json_is_object(root);
    json_decref(root);
    if (!object) {
        err_set(e, ERR_USAGE, "claims must be a JSON object: %s",
                root == NULL ? where.text : "it is something else");
        return -1;
    }
    return 0;
}

int token_sign(enum jwa_alg alg, const char *kid, struct str key, const char *claims,
               struct buf *out, struct err *e)
{
    const enum jwa_family family = jwa_of(alg)->family;
    if (check_claims(claims, e) != 0) {
        return -1;
    }
    if (family == JWA_HMAC) {
        return sign_with_libjwt(alg, kid, key, claims, out, e);
    }
    EVP_PKEY *pkey = read_private_key(alg, key, e);
    if (pkey == NULL) {
        return -1;
    }
    const int rc = family == JWA_RSA_PSS || family == JWA_ED25519
                       ? sign_with_openssl(alg, kid, pkey, claims, out, e)
                       : sign_with_libjwt(alg, kid, key, claims, out, e);
    EVP_PKEY_free(pkey);
    return rc;
}

#include "ingestor/auth/token_sign.h"

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/random.h"
#include "ingestor/auth/base64url.h"

/* New keys in the forms that token_sign.h and keyset.h take. A command-line tool's work. */

#define MEMBER_MAX 1024 /* bytes of one number of a key */

static int set_base64url(json_t *jwk, const char *name, const uint8_t *p, size_t n)
{
    char text[MEMBER_MAX / 3 * 4 + 4];
    if (n > MEMBER_MAX) {
        return -1;
    }
    return json_object_set_new(jwk, name, json_stringn(text, base64url_encode(p, n, text)));
}

/* One unsigned number of a public key, in size bytes (0: as many as it takes). */
static int set_number(json_t *jwk, const char *name, EVP_PKEY *pkey, const char *parameter,
                      size_t size)
{
    uint8_t bytes[MEMBER_MAX];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1) {
        return -1;
    }
    const int n = size == 0 ? BN_num_bytes(number) : (int)size;
    const int written = n > MEMBER_MAX ? -1 : BN_bn2binpad(number, bytes, n);
    BN_free(number);
    return written != n ? -1 : set_base64url(jwk, name, bytes, (size_t)n);
}

static int set_ed25519(json_t *jwk, EVP_PKEY *pkey)
{
    uint8_t raw[32];
    size_t n = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1) {
        return -1;
    }
    return set_base64url(jwk, "x", raw, n);
}

static int set_public(json_t *jwk, enum jwa_alg alg, EVP_PKEY *pkey)
{
    const struct jwa *jwa = jwa_of(alg);
    if (jwa->curve != NULL && json_object_set_new(jwk, "crv", json_string(jwa->curve)) != 0) {
        return -1;
    }
    if (jwa->family == JWA_ED25519) {
        return set_ed25519(jwk, pkey);
    }
    if (jwa->family == JWA_ECDSA) {
        return set_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, jwa->coordinate) != 0 ||
                       set_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, jwa->coordinate) != 0
                   ? -1
                   : 0;
    }
    return set_number(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0) != 0 ||
                   set_number(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0) != 0
               ? -1
               : 0;
}

static EVP_PKEY *generate(enum jwa_alg alg)
{
    const struct jwa *jwa = jwa_of(alg);
    if (jwa->family == JWA_ECDSA) {
        return EVP_EC_gen(jwa->group);
    }
    return jwa->family == JWA_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                      : EVP_RSA_gen(TOKEN_RSA_BITS);
}

static int write_pem(EVP_PKEY *pkey, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int rc = -1;
    if (bio != NULL && PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        char *text = NULL;
        const long n = BIO_get_mem_data(bio, &text);
        rc = buf_add(out, text, (size_t)n);
        mem_wipe(text, (size_t)n);
    }
    BIO_free(bio);
    return rc;
}

static int make_pair(json_t *jwk, enum jwa_alg alg, struct buf *private_out)
{
    EVP_PKEY *pkey = generate(alg);
    const int rc =
        pkey == NULL || set_public(jwk, alg, pkey) != 0 || write_pem(pkey, private_out) != 0 ? -1
                                                                                             : 0;
    EVP_PKEY_free(pkey);
    return rc;
}

static int make_secret(json_t *jwk, enum jwa_alg alg, struct buf *private_out, struct err *e)
{
    uint8_t secret[64];
    char text[sizeof secret * 2];
    const size_t n = jwa_of(alg)->digest_size;
    if (random_bytes(secret, n, e) != 0) {
        return -1;
    }
    const size_t text_n = base64url_encode(secret, n, text);
    const int rc = set_base64url(jwk, "k", secret, n) != 0 ||
                           buf_add(private_out, text, text_n) != 0 ||
                           buf_add(private_out, "\n", 1) != 0
                       ? -1
                       : 0;
    mem_wipe(secret, sizeof secret);
    mem_wipe(text, sizeof text);
    return rc;
}

static json_t *describe(enum jwa_alg alg, const char *kid)
{
    static const char *const types[] = {[JWA_HMAC] = "oct",
                                        [JWA_RSA] = "RSA",
                                        [JWA_RSA_PSS] = "RSA",
                                        [JWA_ECDSA] = "EC",
                                        [JWA_ED25519] = "OKP"};
    const struct jwa *jwa = jwa_of(alg);
    return json_pack("{ssssssss}", "kty", types[jwa->family], "kid", kid, "use", "sig", "alg",
                     jwa->name);
}

static int on_json(const char *p, size_t n, void *arg)
{
    return buf_add(arg, p, n);
}

int token_make_key(enum jwa_alg alg, const char *kid, struct buf *private_out, struct buf *jwks_out,
                   struct err *e)
{
    json_t *jwk = describe(alg, kid);
    if (jwk == NULL) {
        err_set(e, ERR_USAGE, "the kid must be valid UTF-8");
        return -1;
    }
    int rc = jwa_of(alg)->family == JWA_HMAC ? make_secret(jwk, alg, private_out, e)
                                             : make_pair(jwk, alg, private_out);
    json_t *set = json_pack("{s[o]}", "keys", jwk); /* takes jwk */
    if (rc == 0 &&
        (set == NULL || json_dump_callback(set, on_json, jwks_out, JSON_INDENT(2)) != 0 ||
         buf_add(jwks_out, "\n", 1) != 0)) {
        rc = -1;
    }
    json_decref(set);
    if (rc != 0) {
        ERR_clear_error();
        err_set(e, ERR_SYSTEM, "make a key for %s", jwa_of(alg)->name);
    }
    return rc;
}

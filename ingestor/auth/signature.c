#include "ingestor/auth/signature.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/auth/keyset_internal.h"

/*
 * Runs on the http threads. Digests are fetched once: OpenSSL 3 looks an algorithm up by name at
 * each implicit fetch.
 */

#define DER_MAX 160 /* SEQUENCE of two INTEGERs of up to 67 bytes each: 141 */

struct signature_checker {
    EVP_MD_CTX *context;
    EVP_MD *digests[JWA_ALGS]; /* NULL where the algorithm brings its own */
};

struct signature_checker *signature_checker_new(void)
{
    struct signature_checker *c = mem_calloc(1, sizeof *c);
    c->context = EVP_MD_CTX_new();
    assert(c->context != NULL);
    for (size_t i = 0; i < JWA_ALGS; i++) {
        const char *name = jwa_of((enum jwa_alg)i)->digest;
        c->digests[i] = name == NULL ? NULL : EVP_MD_fetch(NULL, name, NULL);
        assert(name == NULL || c->digests[i] != NULL);
    }
    return c;
}

void signature_checker_free(struct signature_checker *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < JWA_ALGS; i++) {
        EVP_MD_free(c->digests[i]);
    }
    EVP_MD_CTX_free(c->context);
    mem_free(c);
}

static bool check_hmac(const struct key *key, struct str text, const uint8_t *p, size_t n)
{
    uint8_t tag[EVP_MAX_MD_SIZE];
    size_t tag_n = 0;
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(key->secret);
    const bool made = ctx != NULL &&
                      EVP_MAC_update(ctx, (const unsigned char *)text.p, text.n) == 1 &&
                      EVP_MAC_final(ctx, tag, &tag_n, sizeof tag) == 1;
    EVP_MAC_CTX_free(ctx);
    const bool same = made && tag_n == n && CRYPTO_memcmp(tag, p, n) == 0;
    mem_wipe(tag, sizeof tag);
    return same;
}

/* r and s side by side to the DER form that OpenSSL takes; its length, or 0. */
static size_t ecdsa_to_der(const uint8_t *p, size_t n, uint8_t der[DER_MAX])
{
    const int half = (int)(n / 2);
    BIGNUM *r = BN_bin2bn(p, half, NULL);
    BIGNUM *s = BN_bin2bn(p + half, half, NULL);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    if (r == NULL || s == NULL || signature == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(signature);
        return 0;
    }
    uint8_t *end = der;
    const int size = i2d_ECDSA_SIG(signature, NULL);
    const int written = size > 0 && size <= DER_MAX ? i2d_ECDSA_SIG(signature, &end) : 0;
    ECDSA_SIG_free(signature); /* frees r and s */
    return written > 0 ? (size_t)written : 0;
}

static bool set_padding(EVP_PKEY_CTX *ctx, enum jwa_family family)
{
    if (family == JWA_RSA) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
    }
    if (family == JWA_RSA_PSS) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
    }
    return true;
}

static bool check_public(struct signature_checker *c, const struct key *key, struct str text,
                         const uint8_t *p, size_t n)
{
    uint8_t der[DER_MAX];
    const enum jwa_family family = jwa_of(key->alg)->family;
    if (family == JWA_ECDSA) {
        n = ecdsa_to_der(p, n, der);
        p = der;
        if (n == 0) {
            return false;
        }
    }
    EVP_PKEY_CTX *ctx = NULL;
    const bool good =
        EVP_DigestVerifyInit(c->context, &ctx, c->digests[key->alg], NULL, key->public_key) == 1 &&
        set_padding(ctx, family) &&
        EVP_DigestVerify(c->context, p, n, (const unsigned char *)text.p, text.n) == 1;
    (void)EVP_MD_CTX_reset(c->context);
    return good;
}

bool signature_check(struct signature_checker *c, const struct key *key, struct str text,
                     const uint8_t *p, size_t n)
{
    if (n != key->signature_size) {
        return false;
    }
    const bool hmac = jwa_of(key->alg)->family == JWA_HMAC;
    /* The wall against algorithm confusion: a key holds either a secret or a public key. */
    assert(hmac ? key->secret != NULL && key->public_key == NULL
                : key->secret == NULL && key->public_key != NULL);
    const bool good = hmac ? check_hmac(key, text, p, n) : check_public(c, key, text, p, n);
    if (!good) {
        ERR_clear_error();
    }
    return good;
}

/*
 * Keys, key sets and tokens for tests, made with OpenSSL directly: nothing here goes through the
 * code under test but base64url and the table of algorithms. Keys are made anew in each run.
 */
#ifndef TIDEGATE_TESTS_INGESTOR_AUTH_MINT_H
#define TIDEGATE_TESTS_INGESTOR_AUTH_MINT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "ingestor/auth/base64url.h"
#include "ingestor/auth/jwa.h"

#define MINT_LIMIT (1U << 20)
#define MINT_SECRET_MAX 4096

struct mint_key {
    enum jwa_alg alg;
    EVP_PKEY *pkey; /* NULL for HS* */
    uint8_t secret[MINT_SECRET_MAX];
    size_t secret_n;
};

static inline void mint_add(struct buf *out, const char *text)
{
    assert_int_equal(buf_add(out, text, strlen(text)), 0);
}

static inline void mint_add_base64url(struct buf *out, const void *p, size_t n)
{
    char *to = buf_reserve(out, base64url_size(n) + 1);
    assert_non_null(to);
    out->n += base64url_encode(p, n, to);
}

static inline EVP_PKEY *mint_rsa(unsigned bits)
{
    EVP_PKEY *pkey = EVP_RSA_gen(bits);
    assert_non_null(pkey);
    return pkey;
}

/* A fresh key; mint_release frees. */
static inline void mint_init(struct mint_key *k, enum jwa_alg alg)
{
    *k = (struct mint_key){.alg = alg};
    const struct jwa *jwa = jwa_of(alg);
    switch (jwa->family) {
    case JWA_HMAC:
        k->secret_n = jwa->digest_size;
        assert_int_equal(RAND_bytes(k->secret, (int)k->secret_n), 1);
        return;
    case JWA_RSA:
    case JWA_RSA_PSS:
        k->pkey = mint_rsa(2048);
        return;
    case JWA_ECDSA:
        k->pkey = EVP_EC_gen(jwa->group);
        break;
    case JWA_ED25519:
        k->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    }
    assert_non_null(k->pkey);
}

static inline void mint_release(struct mint_key *k)
{
    EVP_PKEY_free(k->pkey);
    *k = (struct mint_key){0};
}

static inline void mint_number(struct buf *out, const struct mint_key *k, const char *parameter,
                               size_t size)
{
    uint8_t bytes[2048];
    BIGNUM *number = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(k->pkey, parameter, &number), 1);
    const int n = size == 0 ? BN_num_bytes(number) : (int)size;
    assert_int_equal(BN_bn2binpad(number, bytes, n), n);
    BN_free(number);
    mint_add_base64url(out, bytes, (size_t)n);
}

/* The key's own members: "kty":…,"crv":…,"x":…, without braces. */
static inline void mint_material(struct buf *out, const struct mint_key *k)
{
    const struct jwa *jwa = jwa_of(k->alg);
    uint8_t raw[32];
    size_t n = sizeof raw;
    switch (jwa->family) {
    case JWA_HMAC:
        mint_add(out, "\"kty\":\"oct\",\"k\":\"");
        mint_add_base64url(out, k->secret, k->secret_n);
        break;
    case JWA_RSA:
    case JWA_RSA_PSS:
        mint_add(out, "\"kty\":\"RSA\",\"e\":\"");
        mint_number(out, k, OSSL_PKEY_PARAM_RSA_E, 0);
        mint_add(out, "\",\"n\":\"");
        mint_number(out, k, OSSL_PKEY_PARAM_RSA_N, 0);
        break;
    case JWA_ECDSA:
        assert_int_equal(buf_addf(out, "\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"", jwa->curve), 0);
        mint_number(out, k, OSSL_PKEY_PARAM_EC_PUB_X, jwa->coordinate);
        mint_add(out, "\",\"y\":\"");
        mint_number(out, k, OSSL_PKEY_PARAM_EC_PUB_Y, jwa->coordinate);
        break;
    case JWA_ED25519:
        assert_int_equal(EVP_PKEY_get_raw_public_key(k->pkey, raw, &n), 1);
        mint_add(out, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        mint_add_base64url(out, raw, n);
        break;
    }
    mint_add(out, "\"");
}

/* One JWK; more is further members (",\"kid\":\"a\"") or "". */
static inline void mint_jwk(struct buf *out, const struct mint_key *k, const char *more)
{
    mint_add(out, "{");
    mint_material(out, k);
    mint_add(out, more);
    mint_add(out, "}");
}

/* A JWK with kid and the key's own alg. */
static inline void mint_named_jwk(struct buf *out, const struct mint_key *k, const char *kid)
{
    char more[128];
    snprintf(more, sizeof more, ",\"kid\":\"%s\",\"alg\":\"%s\",\"use\":\"sig\"", kid,
             jwa_of(k->alg)->name);
    mint_jwk(out, k, more);
}

/* The public key as PEM text: what an attacker of RS256 to HS256 confusion signs with. */
static inline void mint_public_pem(struct buf *out, const struct mint_key *k)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, k->pkey), 1);
    char *text = NULL;
    const long n = BIO_get_mem_data(bio, &text);
    assert_int_equal(buf_add(out, text, (size_t)n), 0);
    BIO_free(bio);
}

/* DER of an ECDSA signature to r and s side by side. */
static inline size_t mint_ecdsa_raw(uint8_t *signature, size_t n, size_t coordinate)
{
    const unsigned char *at = signature;
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)n);
    assert_non_null(parsed);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), signature, (int)coordinate),
                     (int)coordinate);
    assert_int_equal(
        BN_bn2binpad(ECDSA_SIG_get0_s(parsed), signature + coordinate, (int)coordinate),
        (int)coordinate);
    ECDSA_SIG_free(parsed);
    return 2 * coordinate;
}

/* Signs as alg says with what the key has; salt: of PSS, in bytes, -1 for the digest's size. */
static inline size_t mint_sign(const struct mint_key *k, struct str text, int salt,
                               uint8_t signature[1024])
{
    const struct jwa *jwa = jwa_of(k->alg);
    size_t n = 1024;
    if (jwa->family == JWA_HMAC) {
        assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, jwa->digest, NULL, k->secret, k->secret_n,
                                  (const unsigned char *)text.p, text.n, signature, n, &n));
        return n;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    assert_int_equal(EVP_DigestSignInit_ex(ctx, &options, jwa->digest, NULL, NULL, k->pkey, NULL),
                     1);
    if (jwa->family == JWA_RSA_PSS) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(options,
                                                     salt < 0 ? RSA_PSS_SALTLEN_DIGEST : salt) > 0);
    }
    assert_int_equal(EVP_DigestSign(ctx, signature, &n, (const unsigned char *)text.p, text.n), 1);
    EVP_MD_CTX_free(ctx);
    return jwa->family == JWA_ECDSA ? mint_ecdsa_raw(signature, n, jwa->coordinate) : n;
}

/* Header and payload as given, signed by the key; out is emptied first. */
static inline struct str mint_token_bytes(struct buf *out, const struct mint_key *k,
                                          struct str header, struct str payload)
{
    uint8_t signature[1024];
    buf_reset(out);
    mint_add_base64url(out, header.p, header.n);
    mint_add(out, ".");
    mint_add_base64url(out, payload.p, payload.n);
    const size_t n = mint_sign(k, (struct str){out->p, out->n}, -1, signature);
    mint_add(out, ".");
    mint_add_base64url(out, signature, n);
    return (struct str){out->p, out->n};
}

static inline struct str mint_token(struct buf *out, const struct mint_key *k, const char *header,
                                    const char *payload)
{
    return mint_token_bytes(out, k, str_of(header), str_of(payload));
}

/* The usual header for a key: {"alg":…,"kid":…}. */
static inline const char *mint_header(char out[128], enum jwa_alg alg, const char *kid)
{
    snprintf(out, 128, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", jwa_of(alg)->name, kid);
    return out;
}

#endif

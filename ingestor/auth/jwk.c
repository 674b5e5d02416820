#include "ingestor/auth/keyset_internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdint.h>
#include <string.h>

#include "common/base/mem.h"
#include "ingestor/auth/base64url.h"
#include "ingestor/auth/strict_json_internal.h"

/*
 * One JSON Web Key to a key of ours. Runs at load on whichever thread loads; costs some 10 to
 * 100 us a key.
 */

#define RSA_BITS_MIN 2048
/* Verifying grows with the square of the size; nobody signs tokens with longer keys. */
#define RSA_BITS_MAX 8192
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8 + 1) /* some writers put a zero byte in front */
/* FIPS 186-5 section 5.1: e above 2^16; OpenSSL takes 64 bits at most for large moduli. */
#define RSA_E_MIN 65537
#define RSA_E_BYTES_MAX 8
#define EC_COORDINATE_MAX 66 /* P-521 */
#define ED25519_SIZE 32
#define SECRET_MAX 512 /* bytes; HMAC hashes what is longer than a block (128) anyway */

/* Members that only a private or symmetric key has: RFC 7518 sections 6.2.2, 6.3.2. */
static const char *const PRIVATE_MEMBERS[] = {"d", "p", "q", "dp", "dq", "qi", "oth"};

static struct str member(const json_t *jwk, const char *name)
{
    return strict_json_text(json_object_get(jwk, name));
}

static bool is(struct str s, const char *text)
{
    return str_eq(s, str_of(text));
}

/* Decodes a base64url member. 0, or -1 with e. */
static int decode_member(const json_t *jwk, const char *name, uint8_t *out, size_t cap, size_t *n,
                         struct err *e)
{
    const struct str text = member(jwk, name);
    if (text.n == 0 || base64url_decode(text, out, cap, n) != 0) {
        err_set(e, ERR_CONFIG, "\"%s\" must be base64url of at most %zu bytes", name, cap);
        return -1;
    }
    return 0;
}

static EVP_PKEY *public_from_params(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    ERR_clear_error();
    return pkey;
}

static EVP_PKEY *rsa_from_numbers(const BIGNUM *n, const BIGNUM *e)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        pkey = public_from_params("RSA", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

/* 0, or -1 with e: modulus and exponent within the rules of the header. */
static int check_rsa_numbers(const BIGNUM *n, const BIGNUM *exponent, struct err *e)
{
    const int bits = BN_num_bits(n);
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || BN_is_odd(n) == 0) {
        err_set(e, ERR_CONFIG, "RSA modulus of %d bits, expected an odd one of %d to %d", bits,
                RSA_BITS_MIN, RSA_BITS_MAX);
        return -1;
    }
    if (BN_is_odd(exponent) == 0 || BN_get_word(exponent) < RSA_E_MIN) {
        err_set(e, ERR_CONFIG, "RSA exponent must be odd and at least %d", RSA_E_MIN);
        return -1;
    }
    return 0;
}

static enum jwk_rc load_rsa(const json_t *jwk, struct key *key, struct err *e)
{
    uint8_t modulus[RSA_BYTES_MAX];
    uint8_t exponent[RSA_E_BYTES_MAX];
    size_t modulus_n = 0;
    size_t exponent_n = 0;
    if (decode_member(jwk, "n", modulus, sizeof modulus, &modulus_n, e) != 0 ||
        decode_member(jwk, "e", exponent, sizeof exponent, &exponent_n, e) != 0) {
        return JWK_REFUSED;
    }
    BIGNUM *bn_n = BN_bin2bn(modulus, (int)modulus_n, NULL);
    BIGNUM *bn_e = BN_bin2bn(exponent, (int)exponent_n, NULL);
    if (bn_n != NULL && bn_e != NULL && check_rsa_numbers(bn_n, bn_e, e) == 0) {
        key->public_key = rsa_from_numbers(bn_n, bn_e);
        key->signature_size = (size_t)(BN_num_bits(bn_n) + 7) / 8;
        if (key->public_key == NULL) {
            err_set(e, ERR_CONFIG, "OpenSSL refuses the RSA key");
        }
    }
    BN_free(bn_n);
    BN_free(bn_e);
    return key->public_key == NULL ? JWK_REFUSED : JWK_OK;
}

static EVP_PKEY *ec_from_point(const char *group, const uint8_t *point, size_t n)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, n) == 1) {
        pkey = public_from_params("EC", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

/* On the curve, in range, not infinity (SP 800-56A section 5.6.2.3.3). */
static bool point_is_valid(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    const bool valid = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return valid;
}

static enum jwk_rc load_ec(const json_t *jwk, struct key *key, struct err *e)
{
    const struct jwa *jwa = jwa_of(key->alg);
    const size_t size = jwa->coordinate;
    uint8_t point[1 + 2 * EC_COORDINATE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    size_t x_n = 0;
    size_t y_n = 0;
    if (decode_member(jwk, "x", point + 1, size, &x_n, e) != 0 ||
        decode_member(jwk, "y", point + 1 + size, size, &y_n, e) != 0) {
        return JWK_REFUSED;
    }
    if (x_n != size || y_n != size) {
        err_set(e, ERR_CONFIG, "\"x\" and \"y\" must have %zu bytes on %s", size, jwa->curve);
        return JWK_REFUSED;
    }
    EVP_PKEY *pkey = ec_from_point(jwa->group, point, 1 + 2 * size);
    if (pkey == NULL || !point_is_valid(pkey)) {
        EVP_PKEY_free(pkey);
        err_set(e, ERR_CONFIG, "\"x\", \"y\" is not a point of %s", jwa->curve);
        return JWK_REFUSED;
    }
    key->public_key = pkey;
    key->signature_size = 2 * size;
    return JWK_OK;
}

static enum jwk_rc load_ed25519(const json_t *jwk, struct key *key, struct err *e)
{
    uint8_t raw[ED25519_SIZE];
    size_t n = 0;
    if (decode_member(jwk, "x", raw, sizeof raw, &n, e) != 0) {
        return JWK_REFUSED;
    }
    if (n == sizeof raw) {
        key->public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, n);
        ERR_clear_error();
    }
    if (key->public_key == NULL) {
        err_set(e, ERR_CONFIG, "\"x\" must have %d bytes for Ed25519", ED25519_SIZE);
        return JWK_REFUSED;
    }
    key->signature_size = 2 * (size_t)ED25519_SIZE;
    return JWK_OK;
}

/* An HMAC that has taken the secret; the secret itself is then OpenSSL's alone. */
static EVP_MAC_CTX *hmac_start(const char *digest, const uint8_t *secret, size_t n)
{
    char name[16];
    (void)strncpy(name, digest, sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (ctx != NULL && EVP_MAC_init(ctx, secret, n, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    ERR_clear_error();
    return ctx;
}

static enum jwk_rc load_secret(const json_t *jwk, struct key *key, struct err *e)
{
    static const char pem[] = "-----BEGIN";
    const struct jwa *jwa = jwa_of(key->alg);
    uint8_t secret[SECRET_MAX];
    size_t n = 0;
    if (decode_member(jwk, "k", secret, sizeof secret, &n, e) != 0) {
        return JWK_REFUSED;
    }
    if (n < jwa->digest_size) {
        err_set(e, ERR_CONFIG, "secret of %zu bytes, %s needs %zu", n, jwa->name, jwa->digest_size);
    } else if (memcmp(secret, pem, sizeof pem - 1) == 0) {
        err_set(e, ERR_CONFIG, "the secret is a PEM text: a public key is no secret");
    } else {
        key->secret = hmac_start(jwa->digest, secret, n);
        key->signature_size = jwa->digest_size;
        if (key->secret == NULL) {
            err_set(e, ERR_CONFIG, "OpenSSL refuses the secret");
        }
    }
    mem_wipe(secret, sizeof secret);
    return key->secret == NULL ? JWK_REFUSED : JWK_OK;
}

static bool for_verifying(const json_t *jwk)
{
    const json_t *use = json_object_get(jwk, "use");
    if (use != NULL && !is(strict_json_text(use), "sig")) {
        return false;
    }
    const json_t *operations = json_object_get(jwk, "key_ops");
    if (operations == NULL) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(operations); i++) {
        if (is(strict_json_text(json_array_get(operations, i)), "verify")) {
            return true;
        }
    }
    return false;
}

/* The algorithm that a key without "alg" is bound to, by its type. */
static enum jwk_rc derive_alg(const json_t *jwk, struct str kty, const struct keyset_policy *policy,
                              enum jwa_alg *alg, struct err *e)
{
    if (is(kty, "RSA")) {
        *alg = policy->rsa_alg;
        return JWK_OK;
    }
    if (is(kty, "EC")) {
        return jwa_find_curve(member(jwk, "crv"), alg) == 0 ? JWK_OK : JWK_SKIPPED;
    }
    if (is(kty, "OKP")) {
        *alg = JWA_EDDSA;
        return JWK_OK;
    }
    err_set(e, ERR_CONFIG, "a secret needs \"alg\": nothing else binds it to one of HS*");
    return JWK_REFUSED;
}

/* 0, or -1 with e: type and curve are the ones of the algorithm. */
static int check_type(const json_t *jwk, struct str kty, enum jwa_alg alg, struct err *e)
{
    static const char *const types[] = {[JWA_HMAC] = "oct",
                                        [JWA_RSA] = "RSA",
                                        [JWA_RSA_PSS] = "RSA",
                                        [JWA_ECDSA] = "EC",
                                        [JWA_ED25519] = "OKP"};
    const struct jwa *jwa = jwa_of(alg);
    if (!is(kty, types[jwa->family]) ||
        (jwa->curve != NULL && !is(member(jwk, "crv"), jwa->curve))) {
        err_set(e, ERR_CONFIG, "alg %s does not fit kty and crv", jwa->name);
        return -1;
    }
    return 0;
}

static enum jwk_rc bind_alg(const json_t *jwk, struct str kty, const struct keyset_policy *policy,
                            enum jwa_alg *alg, struct err *e)
{
    const json_t *name = json_object_get(jwk, "alg");
    if (name == NULL) {
        return derive_alg(jwk, kty, policy, alg, e);
    }
    if (jwa_find(strict_json_text(name), alg) != 0) {
        return JWK_SKIPPED;
    }
    return check_type(jwk, kty, *alg, e) == 0 ? JWK_OK : JWK_REFUSED;
}

static enum jwk_rc load_kid(const json_t *jwk, struct key *key, struct err *e)
{
    const json_t *kid = json_object_get(jwk, "kid");
    if (kid == NULL) {
        return JWK_OK;
    }
    const struct str text = strict_json_text(kid);
    if (text.p == NULL || text.n > KEYSET_KID_MAX) {
        err_set(e, ERR_CONFIG, "\"kid\" must be a string of at most %d bytes", KEYSET_KID_MAX);
        return JWK_REFUSED;
    }
    key->kid = mem_strndup(text.p, text.n);
    key->kid_n = text.n;
    return JWK_OK;
}

static enum jwk_rc load_material(const json_t *jwk, struct key *key, struct err *e)
{
    switch (jwa_of(key->alg)->family) {
    case JWA_HMAC:
        return load_secret(jwk, key, e);
    case JWA_RSA:
    case JWA_RSA_PSS:
        return load_rsa(jwk, key, e);
    case JWA_ECDSA:
        return load_ec(jwk, key, e);
    case JWA_ED25519:
        return load_ed25519(jwk, key, e);
    }
    return JWK_REFUSED;
}

static bool has_private_member(const json_t *jwk)
{
    for (size_t i = 0; i < ARRAY_SIZE(PRIVATE_MEMBERS); i++) {
        if (json_object_get(jwk, PRIVATE_MEMBERS[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether the key is one that we would use at all. */
static bool for_us(const json_t *jwk, struct str kty, const struct keyset_policy *policy)
{
    const bool known = is(kty, "RSA") || is(kty, "EC") || (is(kty, "oct") && policy->secrets) ||
                       (is(kty, "OKP") && is(member(jwk, "crv"), "Ed25519"));
    return known && for_verifying(jwk);
}

enum jwk_rc jwk_load(const json_t *jwk, const struct keyset_policy *policy, struct key *key,
                     struct err *e)
{
    const struct str kty = member(jwk, "kty");
    if (kty.p == NULL) {
        err_set(e, ERR_CONFIG, "a key must be an object with a \"kty\"");
        return JWK_REFUSED;
    }
    if (!for_us(jwk, kty, policy)) {
        return JWK_SKIPPED;
    }
    if (has_private_member(jwk)) {
        err_set(e, ERR_CONFIG, "holds a private key: only its public part belongs here");
        return JWK_REFUSED;
    }
    enum jwk_rc rc = bind_alg(jwk, kty, policy, &key->alg, e);
    if (rc == JWK_OK) {
        rc = load_material(jwk, key, e);
    }
    if (rc == JWK_OK) {
        rc = load_kid(jwk, key, e);
    }
    if (rc != JWK_OK) {
        jwk_release(key);
    }
    return rc;
}

void jwk_release(struct key *key)
{
    EVP_PKEY_free(key->public_key);
    EVP_MAC_CTX_free(key->secret);
    mem_free(key->kid);
    *key = (struct key){0};
}

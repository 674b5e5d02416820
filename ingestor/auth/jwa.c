#include "ingestor/auth/jwa.h"

#include <assert.h>

static const struct jwa TABLE[JWA_ALGS] = {
    [JWA_HS256] = {"HS256", JWA_HMAC, "SHA256", 32, NULL, NULL, 0},
    [JWA_HS384] = {"HS384", JWA_HMAC, "SHA384", 48, NULL, NULL, 0},
    [JWA_HS512] = {"HS512", JWA_HMAC, "SHA512", 64, NULL, NULL, 0},
    [JWA_RS256] = {"RS256", JWA_RSA, "SHA256", 32, NULL, NULL, 0},
    [JWA_RS384] = {"RS384", JWA_RSA, "SHA384", 48, NULL, NULL, 0},
    [JWA_RS512] = {"RS512", JWA_RSA, "SHA512", 64, NULL, NULL, 0},
    [JWA_PS256] = {"PS256", JWA_RSA_PSS, "SHA256", 32, NULL, NULL, 0},
    [JWA_PS384] = {"PS384", JWA_RSA_PSS, "SHA384", 48, NULL, NULL, 0},
    [JWA_PS512] = {"PS512", JWA_RSA_PSS, "SHA512", 64, NULL, NULL, 0},
    [JWA_ES256] = {"ES256", JWA_ECDSA, "SHA256", 32, "P-256", "prime256v1", 32},
    [JWA_ES384] = {"ES384", JWA_ECDSA, "SHA384", 48, "P-384", "secp384r1", 48},
    [JWA_ES512] = {"ES512", JWA_ECDSA, "SHA512", 64, "P-521", "secp521r1", 66},
    [JWA_EDDSA] = {"EdDSA", JWA_ED25519, NULL, 0, "Ed25519", NULL, 32},
};

const struct jwa *jwa_of(enum jwa_alg alg)
{
    assert(alg < JWA_ALGS);
    return &TABLE[alg];
}

int jwa_find(struct str name, enum jwa_alg *alg)
{
    for (size_t i = 0; i < JWA_ALGS; i++) {
        if (str_eq(name, str_of(TABLE[i].name))) {
            *alg = (enum jwa_alg)i;
            return 0;
        }
    }
    return -1;
}

int jwa_find_curve(struct str curve, enum jwa_alg *alg)
{
    for (size_t i = 0; i < JWA_ALGS; i++) {
        if (TABLE[i].family == JWA_ECDSA && str_eq(curve, str_of(TABLE[i].curve))) {
            *alg = (enum jwa_alg)i;
            return 0;
        }
    }
    return -1;
}

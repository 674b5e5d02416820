/*
 * The signature algorithms that we know (RFC 7518 section 3.1, RFC 8037) and what each demands.
 * There is no "none". Thread: any. Pure.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_JWA_H
#define TIDEGATE_INGESTOR_AUTH_JWA_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

enum jwa_alg {
    JWA_HS256,
    JWA_HS384,
    JWA_HS512,
    JWA_RS256,
    JWA_RS384,
    JWA_RS512,
    JWA_PS256,
    JWA_PS384,
    JWA_PS512,
    JWA_ES256,
    JWA_ES384,
    JWA_ES512,
    JWA_EDDSA, /* with Ed25519 alone */
    JWA_ALGS
};

enum jwa_family { JWA_HMAC, JWA_RSA, JWA_RSA_PSS, JWA_ECDSA, JWA_ED25519 };

struct jwa {
    const char *name; /* exactly as in a header */
    enum jwa_family family;
    const char *digest; /* as OpenSSL calls it; NULL: part of the algorithm */
    size_t digest_size; /* bytes; 0 for EdDSA */
    const char *curve;  /* as a JWK calls it, or NULL */
    const char *group;  /* the curve as OpenSSL calls it, or NULL */
    size_t coordinate;  /* bytes of one curve coordinate, 0 without curve */
};

/* Never NULL; alg below JWA_ALGS. */
const struct jwa *jwa_of(enum jwa_alg alg);

/* By name, in exactly this case. 0, or -1 when unknown. */
int jwa_find(struct str name, enum jwa_alg *alg) MUST_CHECK;

/* The ECDSA algorithm of a JWK curve name. 0, or -1 when unknown. */
int jwa_find_curve(struct str curve, enum jwa_alg *alg) MUST_CHECK;

#endif

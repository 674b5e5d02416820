/*
 * Verifies a JSON Web Token in compact form (RFC 7519, RFC 7515) against a key set, by the rules of
 * RFC 8725: at most JWT_TOKEN_MAX bytes; exactly two dots; strict base64url; header and claims are
 * JSON objects without duplicate members or NUL; any crit refused; key material in the header (jku,
 * x5u, jwk, x5c) ignored; the algorithm is the one that the key is bound to; "none" is unknown; the
 * signature first, then the claims (claims.h).
 */
#ifndef TIDEGATE_INGESTOR_AUTH_JWT_H
#define TIDEGATE_INGESTOR_AUTH_JWT_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "ingestor/auth/claims.h"
#include "ingestor/auth/grant.h"
#include "ingestor/auth/keyset.h"

/* Bytes. Ours have 300 to 700, Keycloak's with many roles up to 2000; the header block of a
 * request is not much larger. */
#define JWT_TOKEN_MAX 4096

struct jwt_rules {
    const char *type; /* expected "typ", any case, "application/" left out (RFC 7515 section 4.1.9):
                         "at+jwt" (RFC 9068); NULL: not looked at */
    struct claims_rules claims;
};

struct jwt_verifier; /* working memory; one a thread */

struct jwt_verifier *jwt_verifier_new(void) MUST_CHECK;
void jwt_verifier_free(struct jwt_verifier *v); /* NULL is allowed */

/* JWT_OK with *grant (one reference, the caller's), or the first rule that was broken. now_s is
 * Unix time. Nothing blocks; 2 us (HMAC) to 200 us (ECDSA) of work once the key is known. */
enum jwt_reason jwt_verify(struct jwt_verifier *v, const struct keyset *set,
                           const struct jwt_rules *rules, struct str token, int64_t now_s,
                           struct grant **grant) MUST_CHECK;

#endif

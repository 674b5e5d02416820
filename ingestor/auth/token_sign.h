/*
 * Makes signed tokens and key pairs, for `ingestor token`, `ingestor jwks` and small installations.
 * libjwt signs HS*, RS* and ES*; PS* and EdDSA, which libjwt 1.10 lacks, are signed by OpenSSL.
 * Thread: any. Nothing blocks; an RSA key pair takes up to seconds.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_TOKEN_SIGN_H
#define TIDEGATE_INGESTOR_AUTH_TOKEN_SIGN_H

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "ingestor/auth/jwa.h"

#define TOKEN_RSA_BITS 2048

/* Appends the compact token of claims (a JSON object) to out. key is what token_make_key wrote: a
 * private key as PEM, or for HS* the secret in base64url. kid NULL: none in the header. 0, or -1
 * with e. */
int token_sign(enum jwa_alg alg, const char *kid, struct str key, const char *claims,
               struct buf *out, struct err *e) MUST_CHECK;

/* Makes a key: private_out gets what token_sign takes and must be kept secret; jwks_out gets the
 * key set for the verifying side, for HS* it holds the secret as well. 0, or -1 with e. */
int token_make_key(enum jwa_alg alg, const char *kid, struct buf *private_out, struct buf *jwks_out,
                   struct err *e) MUST_CHECK;

#endif

/*
 * Checks one signature with one key of a set (RFC 7515 section 5.2, RFC 7518 section 3, RFC 8037).
 * RSASSA-PSS takes a salt of exactly the digest's size; ECDSA signatures are r and s side by side.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_SIGNATURE_H
#define TIDEGATE_INGESTOR_AUTH_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "ingestor/auth/keyset.h"

#define SIGNATURE_MAX 1024 /* bytes: RSA of 8192 bits */

struct signature_checker; /* OpenSSL's working memory; one a thread */

/* Aborts when OpenSSL lacks one of the digests. */
struct signature_checker *signature_checker_new(void) MUST_CHECK;
void signature_checker_free(struct signature_checker *c); /* NULL is allowed */

/* True when p[0..n) is the key's signature of text. A wrong length costs no cryptography. */
bool signature_check(struct signature_checker *c, const struct key *key, struct str text,
                     const uint8_t *p, size_t n) MUST_CHECK;

#endif

/*
 * A set of verification keys, read from a JWKS document (RFC 7517; RFC 7518 section 6, RFC 8037).
 *
 * Each key is bound to exactly one algorithm: its "alg", or what kty and curve leave no choice
 * about (EC, Ed25519), or for RSA the configured one. Public keys and HMAC secrets are kept in
 * different tables, so that no text of a token can make one pass for the other.
 *
 * Rules for a key: RSA 2048 to 8192 bits with an odd exponent from 65537 to 64 bits; EC points on
 * their curve; Ed25519; secrets at least as long as the digest (RFC 7518 section 3.2) and not a
 * PEM text; no private members; "use" absent or sig; "key_ops" absent or with verify.
 *
 * A set never changes once made. Thread: any; nothing blocks.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_KEYSET_H
#define TIDEGATE_INGESTOR_AUTH_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "ingestor/auth/jwa.h"

/* Bytes of a JWKS document; large providers publish 2 to 10 KB. */
#define KEYSET_TEXT_MAX ((size_t)256 * 1024)
#define KEYSET_KEYS_MAX 256 /* keys of one document */
#define KEYSET_KID_MAX 256  /* bytes of a kid */

struct keyset;
struct key; /* one of its keys; lives as long as the set */

struct keyset_policy {
    enum jwa_alg rsa_alg; /* of RSA keys without "alg": one of RS* and PS* */
    bool secrets;         /* HMAC secrets are taken; else skipped: right for what a URL publishes */
    bool strict;          /* a key that breaks a rule refuses the document; else it is left out */
};

struct keyset_report {
    size_t usable;
    size_t skipped;     /* not for us: other kty, alg, curve, use or key_ops */
    size_t refused;     /* for us, but breaks a rule */
    struct err refusal; /* of the first refused key, else ERR_NONE */
};

/* Makes a set with one reference. NULL with e (ERR_CONFIG): text too long, not strict JSON, no
 * "keys" array, two keys with the same kid, more than KEYSET_KEYS_MAX keys, no usable key, or by
 * policy a refused key. *report is filled in either case. */
struct keyset *keyset_parse(struct str text, const struct keyset_policy *policy,
                            struct keyset_report *report, struct err *e) MUST_CHECK;

/* One more reference; returns set. */
struct keyset *keyset_ref(struct keyset *set) MUST_CHECK;
/* Gives one reference back, the last one frees. NULL is allowed. */
void keyset_unref(struct keyset *set);

enum keyset_rc {
    KEYSET_FOUND,
    KEYSET_UNKNOWN,   /* no such key; without a kid: not exactly one key of this algorithm */
    KEYSET_WRONG_ALG, /* the kid's key is bound to another algorithm */
};

/* The key for a token that names alg and kid (kid.p NULL: it names none). *key on KEYSET_FOUND. */
enum keyset_rc keyset_find(const struct keyset *set, enum jwa_alg alg, struct str kid,
                           const struct key **key) MUST_CHECK;

size_t keyset_count(const struct keyset *set);

/* The algorithm that a key is bound to. */
enum jwa_alg key_alg(const struct key *key);

#endif

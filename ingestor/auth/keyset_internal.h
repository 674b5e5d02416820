/*
 * What the files of the key set and the signature check share: keys with OpenSSL's types.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_KEYSET_INTERNAL_H
#define TIDEGATE_INGESTOR_AUTH_KEYSET_INTERNAL_H

#include <jansson.h>
#include <openssl/evp.h>

#include "ingestor/auth/keyset.h"

struct key {
    enum jwa_alg alg;
    char *kid; /* NULL: the key has none */
    size_t kid_n;
    size_t signature_size; /* bytes of every signature of this key */
    EVP_PKEY *public_key;  /* NULL for secrets */
    EVP_MAC_CTX *secret;   /* NULL for public keys; an HMAC that has taken the key and no text */
};

enum jwk_rc { JWK_OK, JWK_SKIPPED, JWK_REFUSED };

/* One member of "keys" to a key in zeroed memory. Unless JWK_OK nothing is left allocated and e
 * says why. */
enum jwk_rc jwk_load(const json_t *jwk, const struct keyset_policy *policy, struct key *key,
                     struct err *e) MUST_CHECK;
void jwk_release(struct key *key);

#endif

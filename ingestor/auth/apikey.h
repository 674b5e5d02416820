/*
 * API keys: "tk_<id>_<secret>", kept as id and SHA-256 of the secret. The secret has 256 random
 * bits, so one fast hash is enough: there is nothing to guess.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_APIKEY_H
#define TIDEGATE_INGESTOR_AUTH_APIKEY_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/config/conf.h"
#include "ingestor/auth/principal.h"
#include "ingestor/auth/sha256.h"

#define APIKEY_ID_MAX 32      /* bytes, of [a-z0-9-] */
#define APIKEY_SECRET_SIZE 43 /* base64url digits of 32 bytes */
#define APIKEY_TEXT_MAX (3 + APIKEY_ID_MAX + 1 + APIKEY_SECRET_SIZE)

/* Cuts a presented key into its parts (slices of text). 0, or -1 when it has not the form. Pure. */
int apikey_parse(struct str text, struct str *id, struct str *secret) MUST_CHECK;

/* The credential in an Authorization value: what follows "Bearer " (any case, one or more spaces).
 * n = 0 when it is another scheme. Pure. */
struct str apikey_bearer(struct str authorization);

struct apikeys; /* immutable after loading: any thread may look keys up */

/* From the list api_keys of the configuration (fields as in ingestor/conf.h). NULL with e
 * (ERR_CONFIG) that names the record. */
struct apikeys *apikeys_new(const struct conf_list *records, struct err *e) MUST_CHECK;
void apikeys_free(struct apikeys *keys); /* NULL is allowed */
size_t apikeys_count(const struct apikeys *keys);

/* The owner of a presented key, or NULL when it is malformed, unknown or wrong: the caller tells
 * the three apart only in its logs, if at all. Takes the same time for all well-formed ones. */
const struct principal *apikeys_find(const struct apikeys *keys, struct sha256 *hasher,
                                     struct str text);

/* Makes a new key's text. 0, or -1 with e when the kernel gives no random bytes or id is
 * malformed. */
int apikey_make(const char *id, char text[APIKEY_TEXT_MAX + 1], struct err *e) MUST_CHECK;

#endif

/*
 * Bearer tokens of one thread: the key source's newest set, the verifier and the cache of verified
 * tokens behind one call. Thread: the one that made it. Nothing blocks but a short lock when the
 * key set has changed.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_BEARER_H
#define TIDEGATE_INGESTOR_AUTH_BEARER_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "ingestor/auth/grant.h"
#include "ingestor/auth/jwks_source.h"
#include "ingestor/auth/jwt.h"
#include "ingestor/auth/token_cache.h"

struct bearer;

struct bearer_stats {
    uint64_t hits;   /* answered by the cache */
    uint64_t misses; /* verified, whatever the outcome */
};

/* source and rules (with all that they point to) outlive it. NULL with e when the kernel gives no
 * random bytes. */
struct bearer *bearer_new(struct jwks_source *source, const struct jwt_rules *rules,
                          const struct token_cache_limits *limits, struct err *e) MUST_CHECK;
void bearer_free(struct bearer *b); /* NULL is allowed */

/* Whether a credential can be a token at all: it has a dot. An API key has none. Pure. */
bool bearer_looks_like_token(struct str credential);

/* JWT_OK with *grant: one reference, the caller gives it back by grant_unref when the request ends.
 * Else why not; JWT_NO_KEYS is our fault (503), all others are the token's (401). An unknown kid
 * also asks the source for an early fetch. now_s is Unix time. */
enum jwt_reason bearer_check(struct bearer *b, struct str token, int64_t now_s,
                             struct grant **grant) MUST_CHECK;

/* Ends cached tokens whose time has come; for a timer of the thread, about once a minute. */
void bearer_sweep(struct bearer *b, int64_t now_s);

struct bearer_stats bearer_stats(const struct bearer *b);

#endif

/*
 * Tokens that were verified lately, of one thread: four-way set associative, CLOCK within a set,
 * bounded in entries and bytes. Only tokens found good come in. An entry is found by a hash under a
 * random secret and by comparing the whole token; it ends at the token's expiry, after max_age_s,
 * or when another generation of keys is asked for. What ends is overwritten. Nothing blocks.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_TOKEN_CACHE_H
#define TIDEGATE_INGESTOR_AUTH_TOKEN_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "ingestor/auth/grant.h"

struct token_cache_limits {
    size_t entries;    /* rounded up to a power of two, at least 4 */
    size_t bytes;      /* of tokens and grants together */
    int64_t max_age_s; /* a token is verified again after this: bounds how long it is kept */
};

struct token_cache; /* one a thread */

/* NULL with e when the kernel gives no random bytes. */
struct token_cache *token_cache_new(const struct token_cache_limits *limits,
                                    struct err *e) MUST_CHECK;
void token_cache_free(struct token_cache *c); /* NULL is allowed */

/* The grant of a token, or NULL. Borrowed: valid until the next call with c, unless the caller
 * takes a reference. */
struct grant *token_cache_find(struct token_cache *c, struct str token, uint64_t generation,
                               int64_t now_s);

/* Keeps a copy of token and one more reference to grant; the token is not in the cache. Also ends a
 * few entries whose time has come. */
void token_cache_put(struct token_cache *c, struct str token, uint64_t generation,
                     struct grant *grant, int64_t now_s);

/* Ends every entry whose time has come or that is of another generation. */
void token_cache_sweep(struct token_cache *c, uint64_t generation, int64_t now_s);

/* Entries and bytes held now. */
size_t token_cache_entries(const struct token_cache *c);
size_t token_cache_bytes(const struct token_cache *c);

#endif

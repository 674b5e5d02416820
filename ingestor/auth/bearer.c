#include "ingestor/auth/bearer.h"

#include <string.h>

#include "common/base/mem.h"

/* Runs on the http threads, before the body of a request is read. */

struct bearer {
    struct jwks_source *source;
    const struct jwt_rules *rules;
    struct jwks_view view;
    struct jwt_verifier *verifier;
    struct token_cache *cache;
    struct bearer_stats stats;
};

struct bearer *bearer_new(struct jwks_source *source, const struct jwt_rules *rules,
                          const struct token_cache_limits *limits, struct err *e)
{
    struct token_cache *cache = token_cache_new(limits, e);
    if (cache == NULL) {
        return NULL;
    }
    struct bearer *b = mem_calloc(1, sizeof *b);
    b->source = source;
    b->rules = rules;
    b->verifier = jwt_verifier_new();
    b->cache = cache;
    return b;
}

void bearer_free(struct bearer *b)
{
    if (b == NULL) {
        return;
    }
    token_cache_free(b->cache);
    jwt_verifier_free(b->verifier);
    jwks_view_release(&b->view);
    mem_free(b);
}

bool bearer_looks_like_token(struct str credential)
{
    return credential.n > 0 && memchr(credential.p, '.', credential.n) != NULL;
}

enum jwt_reason bearer_check(struct bearer *b, struct str token, int64_t now_s,
                             struct grant **grant)
{
    *grant = NULL;
    if (token.n > JWT_TOKEN_MAX) {
        return JWT_TOO_LONG;
    }
    if (token.n == 0) {
        return JWT_MALFORMED;
    }
    jwks_view_update(&b->view, b->source);
    if (b->view.set == NULL) {
        return JWT_NO_KEYS;
    }
    struct grant *known = token_cache_find(b->cache, token, b->view.generation, now_s);
    if (known != NULL) {
        b->stats.hits++;
        *grant = grant_ref(known);
        return JWT_OK;
    }
    b->stats.misses++;
    const enum jwt_reason reason =
        jwt_verify(b->verifier, b->view.set, b->rules, token, now_s, grant);
    if (reason == JWT_OK) {
        token_cache_put(b->cache, token, b->view.generation, *grant, now_s);
    } else if (reason == JWT_UNKNOWN_KEY) {
        jwks_source_want(b->source);
    }
    return reason;
}

void bearer_sweep(struct bearer *b, int64_t now_s)
{
    jwks_view_update(&b->view, b->source);
    token_cache_sweep(b->cache, b->view.generation, now_s);
}

struct bearer_stats bearer_stats(const struct bearer *b)
{
    return b->stats;
}

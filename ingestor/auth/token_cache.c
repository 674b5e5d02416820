#include "ingestor/auth/token_cache.h"

#include <assert.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/base/mem.h"
#include "common/base/random.h"

/*
 * Runs on one http thread, at each request with a token. The hash only finds the place: XXH3 is no
 * cryptographic hash, so an attacker who found two texts with one hash would still fail the
 * comparison, and its random secret keeps him from aiming at one set.
 */

#define WAYS 4
#define SWEEP_STEP 8 /* slots looked at by each put */
#define HASH_SECRET_SIZE 192

struct slot {
    uint64_t tag; /* the half of the hash that does not choose the set */
    char *token;  /* NULL: the slot is free */
    size_t token_n;
    struct grant *grant;
    uint64_t generation;
    int64_t until_s;
    bool used; /* since the clock's hand came by */
};

struct token_cache {
    struct token_cache_limits limits;
    struct slot *slots;
    uint8_t *hands; /* by set: the way that is looked at next */
    size_t n_sets;  /* a power of two */
    size_t entries, bytes;
    size_t sweep; /* slot that is looked at next */
    uint8_t secret[HASH_SECRET_SIZE];
};

struct token_cache *token_cache_new(const struct token_cache_limits *limits, struct err *e)
{
    size_t n_sets = 1;
    while (n_sets * WAYS < limits->entries) {
        n_sets *= 2;
    }
    struct token_cache *c = mem_calloc(1, sizeof *c);
    if (random_bytes(c->secret, sizeof c->secret, e) != 0) {
        mem_free(c);
        return NULL;
    }
    c->limits = *limits;
    c->n_sets = n_sets;
    c->slots = mem_calloc(n_sets * WAYS, sizeof *c->slots);
    c->hands = mem_calloc(n_sets, sizeof *c->hands);
    return c;
}

static size_t slot_bytes(const struct slot *s)
{
    return s->token_n + grant_bytes(s->grant);
}

static void end_slot(struct token_cache *c, struct slot *s)
{
    if (s->token == NULL) {
        return;
    }
    c->entries--;
    c->bytes -= slot_bytes(s);
    mem_wipe(s->token, s->token_n);
    mem_free(s->token);
    grant_unref(s->grant);
    *s = (struct slot){0};
}

void token_cache_free(struct token_cache *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->n_sets * WAYS; i++) {
        end_slot(c, &c->slots[i]);
    }
    assert(c->entries == 0 && c->bytes == 0);
    mem_free(c->slots);
    mem_free(c->hands);
    mem_wipe(c->secret, sizeof c->secret);
    mem_free(c);
}

static size_t find_set(const struct token_cache *c, struct str token, uint64_t *tag)
{
    const XXH128_hash_t h = XXH3_128bits_withSecret(token.p, token.n, c->secret, sizeof c->secret);
    *tag = h.high64;
    return (size_t)h.low64 & (c->n_sets - 1);
}

static bool slot_alive(const struct slot *s, uint64_t generation, int64_t now_s)
{
    return s->generation == generation && now_s < s->until_s;
}

struct grant *token_cache_find(struct token_cache *c, struct str token, uint64_t generation,
                               int64_t now_s)
{
    uint64_t tag;
    struct slot *set = &c->slots[find_set(c, token, &tag) * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *s = &set[i];
        if (s->token == NULL || s->tag != tag || s->token_n != token.n ||
            memcmp(s->token, token.p, token.n) != 0) {
            continue;
        }
        if (!slot_alive(s, generation, now_s)) {
            end_slot(c, s);
            return NULL;
        }
        s->used = true;
        return s->grant;
    }
    return NULL;
}

/* A free slot of the set, made free when there is none. */
static struct slot *make_room(struct token_cache *c, size_t set)
{
    struct slot *slots = &c->slots[set * WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        if (slots[i].token == NULL) {
            return &slots[i];
        }
    }
    /* At most one round clears the marks, so that the second meets one that is not used. */
    for (size_t i = 0; i < (size_t)2 * WAYS; i++) {
        struct slot *s = &slots[c->hands[set]];
        c->hands[set] = (uint8_t)((c->hands[set] + 1) % WAYS);
        if (!s->used) {
            end_slot(c, s);
            return s;
        }
        s->used = false;
    }
    assert(false);
    return NULL;
}

/* Looks at n slots from where the last sweep ended: ends the dead ones, and while the cache is over
 * its bytes all but keep. */
static void sweep(struct token_cache *c, size_t n, const struct slot *keep, uint64_t generation,
                  int64_t now_s)
{
    for (size_t i = 0; i < n; i++) {
        struct slot *s = &c->slots[c->sweep];
        c->sweep = (c->sweep + 1) % (c->n_sets * WAYS);
        if (s != keep && s->token != NULL &&
            (c->bytes > c->limits.bytes || !slot_alive(s, generation, now_s))) {
            end_slot(c, s);
        }
    }
}

void token_cache_put(struct token_cache *c, struct str token, uint64_t generation,
                     struct grant *grant, int64_t now_s)
{
    const int64_t aged = now_s + c->limits.max_age_s;
    if (now_s >= grant->expires_s || token.n + grant_bytes(grant) > c->limits.bytes) {
        return;
    }
    uint64_t tag;
    struct slot *s = make_room(c, find_set(c, token, &tag));
    *s = (struct slot){.tag = tag,
                       .token = mem_strndup(token.p, token.n),
                       .token_n = token.n,
                       .grant = grant_ref(grant),
                       .generation = generation,
                       .until_s = grant->expires_s < aged ? grant->expires_s : aged};
    c->entries++;
    c->bytes += slot_bytes(s);
    sweep(c, SWEEP_STEP, s, generation, now_s);
    if (c->bytes > c->limits.bytes) {
        sweep(c, c->n_sets * WAYS, s, generation, now_s);
    }
}

void token_cache_sweep(struct token_cache *c, uint64_t generation, int64_t now_s)
{
    sweep(c, c->n_sets * WAYS, NULL, generation, now_s);
}

size_t token_cache_entries(const struct token_cache *c)
{
    return c->entries;
}

size_t token_cache_bytes(const struct token_cache *c)
{
    return c->bytes;
}

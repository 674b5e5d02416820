#include "worker/consume/dedupe.h"

#include <assert.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/base/mem.h"

#define FIRST_SLOTS 1024 /* a table's first size; it doubles up to its limit */
#define EMPTY UINT64_C(0)

struct table {
    uint64_t *hashes;  /* EMPTY: free slot */
    uint32_t *offsets; /* low 32 bits of the offset, at the same place */
    size_t slots;      /* power of two, 0 before the first id */
    size_t n;
    int64_t first_us; /* time of the first id */
};

struct dedupe {
    struct table young;
    struct table old;
    size_t max_slots; /* of one generation */
    int64_t half_window_us;
    uint64_t seed;
};

static size_t slots_for(size_t ids)
{
    size_t slots = FIRST_SLOTS;
    while (slots / 4 * 3 < ids) {
        slots *= 2;
    }
    return slots;
}

struct dedupe *dedupe_new(size_t max_ids, int64_t window_us, uint64_t seed)
{
    assert(max_ids > 0 && window_us > 0);
    struct dedupe *d = mem_calloc(1, sizeof *d);
    /* The largest table pair that does not pass max_ids; a very small limit gets the smallest. */
    d->max_slots = slots_for((max_ids + 1) / 2);
    if (d->max_slots > FIRST_SLOTS && d->max_slots / 4 * 3 * 2 > max_ids) {
        d->max_slots /= 2;
    }
    d->half_window_us = window_us / 2;
    d->seed = seed;
    return d;
}

static void table_release(struct table *t)
{
    mem_free(t->hashes);
    mem_free(t->offsets);
    *t = (struct table){0};
}

void dedupe_free(struct dedupe *d)
{
    if (d == NULL) {
        return;
    }
    table_release(&d->young);
    table_release(&d->old);
    mem_free(d);
}

static uint64_t hash_of(const struct dedupe *d, const uint8_t id[EVENT_ID_SIZE])
{
    uint64_t h = XXH3_64bits_withSeed(id, EVENT_ID_SIZE, d->seed);
    return h == EMPTY ? 1 : h;
}

/* The slot that holds hash, or the free one where it would go. */
static size_t slot_of(const struct table *t, uint64_t hash)
{
    size_t mask = t->slots - 1;
    size_t at = (size_t)hash & mask;
    while (t->hashes[at] != EMPTY && t->hashes[at] != hash) {
        at = (at + 1) & mask;
    }
    return at;
}

static bool table_find(const struct table *t, uint64_t hash, uint32_t *offset)
{
    if (t->n == 0) {
        return false;
    }
    size_t at = slot_of(t, hash);
    if (t->hashes[at] == EMPTY) {
        return false;
    }
    *offset = t->offsets[at];
    return true;
}

static void table_grow(struct table *t)
{
    struct table bigger = {
        .slots = t->slots == 0 ? FIRST_SLOTS : t->slots * 2, .n = t->n, .first_us = t->first_us};
    bigger.hashes = mem_calloc(bigger.slots, sizeof *bigger.hashes);
    bigger.offsets = mem_alloc(bigger.slots * sizeof *bigger.offsets);
    for (size_t i = 0; i < t->slots; i++) {
        if (t->hashes[i] != EMPTY) {
            size_t at = slot_of(&bigger, t->hashes[i]);
            bigger.hashes[at] = t->hashes[i];
            bigger.offsets[at] = t->offsets[i];
        }
    }
    mem_free(t->hashes);
    mem_free(t->offsets);
    *t = bigger;
}

static void rotate(struct dedupe *d)
{
    struct table empty = d->old;
    if (empty.slots > 0) {
        memset(empty.hashes, 0, empty.slots * sizeof *empty.hashes);
    }
    empty.n = 0;
    d->old = d->young;
    d->young = empty;
}

static bool is_full(const struct dedupe *d, const struct table *t)
{
    return t->slots == d->max_slots && t->n >= t->slots / 4 * 3;
}

static void remember(struct dedupe *d, uint64_t hash, int64_t offset, int64_t now_us)
{
    bool aged = d->young.n > 0 && now_us - d->young.first_us >= d->half_window_us;
    if (aged || is_full(d, &d->young)) {
        rotate(d);
    }
    struct table *t = &d->young;
    if (t->n >= t->slots / 4 * 3) {
        table_grow(t);
    }
    if (t->n == 0 || now_us < t->first_us) {
        t->first_us = now_us;
    }
    size_t at = slot_of(t, hash);
    if (t->hashes[at] == EMPTY) {
        t->hashes[at] = hash;
        t->n++;
    }
    t->offsets[at] = (uint32_t)offset;
}

bool dedupe_seen(struct dedupe *d, const uint8_t id[EVENT_ID_SIZE], int64_t offset, int64_t now_us)
{
    uint64_t hash = hash_of(d, id);
    uint32_t at = 0;
    if (table_find(&d->young, hash, &at) || table_find(&d->old, hash, &at)) {
        /* Distance modulo 2^32: a window never spans 2^31 offsets of one partition. */
        int32_t ahead = (int32_t)((uint32_t)offset - at);
        if (ahead > 0) {
            return true;
        }
        if (ahead == 0) {
            return false;
        }
    }
    remember(d, hash, offset, now_us);
    return false;
}

void dedupe_prefetch(const struct dedupe *d, const uint8_t id[EVENT_ID_SIZE])
{
    uint64_t hash = hash_of(d, id);
    if (d->young.slots > 0) {
        __builtin_prefetch(&d->young.hashes[(size_t)hash & (d->young.slots - 1)]);
    }
    if (d->old.slots > 0) {
        __builtin_prefetch(&d->old.hashes[(size_t)hash & (d->old.slots - 1)]);
    }
}

struct dedupe_state dedupe_state(const struct dedupe *d)
{
    struct dedupe_state s = {.oldest_us = INT64_MAX};
    const struct table *both[] = {&d->young, &d->old};
    for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
        const struct table *t = both[i];
        s.ids += t->n;
        s.bytes += t->slots * (sizeof *t->hashes + sizeof *t->offsets);
        if (t->n > 0 && t->first_us < s.oldest_us) {
            s.oldest_us = t->first_us;
        }
    }
    return s;
}

/*
 * Bump allocator: everything taken from it lives until reset or release. One arena per request
 * or batch; not thread-safe, owned by whoever holds the request or batch at that moment.
 */
#ifndef TIDEGATE_BASE_ARENA_H
#define TIDEGATE_BASE_ARENA_H

#include <stddef.h>

#include "common/base/compiler.h"

struct arena_block;

struct arena {
    struct arena_block *head; /* newest block first */
    size_t block_size;        /* bytes of an ordinary block */
    size_t limit;             /* bytes over all blocks */
    size_t used;              /* bytes over all blocks, headers included */
};

/* Makes an empty arena in caller's memory; takes no heap memory yet. */
void arena_init(struct arena *a, size_t block_size, size_t limit);

/* 16-byte aligned, uninitialised. NULL when limit would be passed (peer-chosen sizes end here). */
void *arena_try_alloc(struct arena *a, size_t size) MUST_CHECK;

/* As arena_try_alloc, but passing the limit is our bug and aborts. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* Forgets everything; keeps one ordinary block for the next use. */
void arena_reset(struct arena *a);

/* Gives all memory back; the arena may be used again as after arena_init. */
void arena_release(struct arena *a);

#endif

#include "common/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#include "common/base/mem.h"

#define ARENA_ALIGN 16

struct arena_block {
    struct arena_block *next; /* older */
    size_t size;              /* usable bytes */
    size_t used;
    alignas(ARENA_ALIGN) unsigned char data[];
};

void arena_init(struct arena *a, size_t block_size, size_t limit)
{
    *a = (struct arena){.block_size = block_size, .limit = limit};
}

static struct arena_block *arena_grow(struct arena *a, size_t size)
{
    size_t usable = size > a->block_size ? size : a->block_size;
    size_t whole = sizeof(struct arena_block) + usable;
    if (whole < usable || whole > a->limit || a->used > a->limit - whole) {
        return NULL;
    }
    struct arena_block *block = mem_try_alloc(whole);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.next = a->head, .size = usable};
    a->head = block;
    a->used += whole;
    return block;
}

void *arena_try_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - ARENA_ALIGN) {
        return NULL;
    }
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *block = a->head;
    if (block == NULL || block->size - block->used < size) {
        block = arena_grow(a, size);
        if (block == NULL) {
            return NULL;
        }
    }
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = arena_try_alloc(a, size);
    assert(p != NULL);
    return p;
}

static void arena_drop(struct arena *a, struct arena_block *keep)
{
    struct arena_block *block = a->head;
    while (block != NULL) {
        struct arena_block *next = block->next;
        if (block != keep) {
            mem_free(block);
        }
        block = next;
    }
    a->head = keep;
    a->used = 0;
    if (keep != NULL) {
        keep->next = NULL;
        keep->used = 0;
        a->used = sizeof *keep + keep->size;
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = NULL;
    for (struct arena_block *b = a->head; b != NULL; b = b->next) {
        if (b->size == a->block_size) {
            keep = b;
            break;
        }
    }
    arena_drop(a, keep);
}

void arena_release(struct arena *a)
{
    arena_drop(a, NULL);
}

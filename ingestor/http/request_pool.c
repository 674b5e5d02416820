#include "ingestor/http/request_pool.h"

#include <assert.h>

#include "common/base/mem.h"

#define BLOCK_REQUESTS 32 /* about 100 KB */

struct request_block {
    struct request_block *next;
    struct request items[BLOCK_REQUESTS];
};

void request_pool_init(struct request_pool *p, struct loop *loop, struct body_budget *budget)
{
    *p = (struct request_pool){.loop = loop, .budget = budget};
}

void request_pool_release(struct request_pool *p)
{
    struct request_block *b = atomic_load(&p->blocks);
    while (b != NULL) {
        struct request_block *next = b->next;
        for (size_t i = 0; i < BLOCK_REQUESTS; i++) {
            request_release(&b->items[i]);
        }
        mem_free(b);
        b = next;
    }
    atomic_store(&p->blocks, NULL);
}

static void grow(struct request_pool *p)
{
    struct request_block *b = mem_calloc(1, sizeof *b);
    for (size_t i = 0; i < BLOCK_REQUESTS; i++) {
        request_init(&b->items[i], p->loop, p->budget);
        b->items[i].next = p->free;
        p->free = &b->items[i];
    }
    b->next = atomic_load_explicit(&p->blocks, memory_order_relaxed);
    /* release: a walker that sees the block sees its requests made */
    atomic_store_explicit(&p->blocks, b, memory_order_release);
}

struct request *request_pool_take(struct request_pool *p)
{
    if (p->free == NULL) {
        /* acquire: partner of the release in request_pool_return */
        p->free = atomic_exchange_explicit(&p->returned, NULL, memory_order_acquire);
    }
    if (p->free == NULL) {
        grow(p);
    }
    struct request *req = p->free;
    assert(req->magic == REQUEST_MAGIC);
    p->free = req->next;
    req->next = NULL;
    request_reset(req);
    return req;
}

void request_pool_give(struct request_pool *p, struct request *req)
{
    req->phase = REQUEST_FREE;
    req->next = p->free;
    p->free = req;
}

void request_pool_return(struct request_pool *p, struct request *req)
{
    struct request *head = atomic_load_explicit(&p->returned, memory_order_relaxed);
    do {
        req->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&p->returned, &head, req, memory_order_release,
                                                    memory_order_relaxed));
}

void request_pool_each(struct request_pool *p, void (*visit)(void *arg, struct request *req),
                       void *arg)
{
    struct request_block *b = atomic_load_explicit(&p->blocks, memory_order_acquire);
    while (b != NULL) {
        for (size_t i = 0; i < BLOCK_REQUESTS; i++) {
            visit(arg, &b->items[i]);
        }
        b = b->next;
    }
}

/*
 * The requests of one http thread: taken and given back by that thread, returned by the delivery
 * thread when a report came after the answer. Grows in blocks to the most that were ever open at a
 * time, which the connection limit bounds.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_REQUEST_POOL_H
#define TIDEGATE_INGESTOR_HTTP_REQUEST_POOL_H

#include <stdatomic.h>

#include "common/base/compiler.h"
#include "ingestor/http/request.h"

struct request_block;

struct request_pool {
    struct loop *loop;
    struct body_budget *budget;
    struct request *free;                   /* owner thread */
    _Atomic(struct request *) returned;     /* any thread pushes, the owner takes all */
    _Atomic(struct request_block *) blocks; /* the owner pushes, any thread walks */
};

void request_pool_init(struct request_pool *p, struct loop *loop, struct body_budget *budget);
/* No request is in use any more. */
void request_pool_release(struct request_pool *p);

/* Thread: owner. */
struct request *request_pool_take(struct request_pool *p) MUST_CHECK;
void request_pool_give(struct request_pool *p, struct request *req);

/* Thread: any. */
void request_pool_return(struct request_pool *p, struct request *req);

/* Calls visit for every request there is, free or not. Thread: any. */
void request_pool_each(struct request_pool *p, void (*visit)(void *arg, struct request *req),
                       void *arg);

#endif

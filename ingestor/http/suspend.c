#include "ingestor/http/suspend.h"

#include <microhttpd.h>

#include "ingestor/http/loop.h"

static void add(_Atomic uint32_t *counter, uint32_t n)
{
    /* one writer: no locked instruction needed */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

void request_suspend(struct request *req)
{
    req->phase = REQUEST_WAITING;
    add(&req->loop->inflight, 1);
    MHD_suspend_connection(req->connection);
}

void request_resume(struct request *req)
{
    MHD_resume_connection(req->connection);
}

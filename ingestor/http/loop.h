/*
 * What one http thread owns. Handlers run on that thread and use it without locks.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_LOOP_H
#define TIDEGATE_INGESTOR_HTTP_LOOP_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/random.h"
#include "common/contract/event.h"
#include "ingestor/auth/bearer.h"
#include "ingestor/auth/sha256.h"
#include "ingestor/http/request_pool.h"
#include "ingestor/ingest/rejects.h"
#include "ingestor/service.h"

/* An event that was found valid and waits for the rest of its request. */
struct accepted_event {
    struct str value;
    size_t key;   /* offset in scratch_keys */
    size_t key_n; /* bytes */
};

struct loop {
    struct service *service;
    struct metrics_shard *shard;
    struct rng rng;
    struct sha256 *hasher;
    struct bearer *bearer; /* NULL: no tokens are taken */
    int64_t swept_s;       /* Unix time of the last sweep over its cache */
    struct validator *validator;
    struct request_pool pool;

    /* scratch of one handler call */
    struct accepted_event *events; /* room for http.max_events, grown on demand */
    size_t events_cap;
    struct buf keys; /* Kafka keys, one after the other */
    struct violations violations;
    struct buf note; /* reason of a rejected event */
    struct reject_budget rejects;

    /* written by this thread, read by any */
    _Atomic uint32_t inflight; /* requests that wait for Kafka */
    _Atomic uint32_t open;     /* requests whose header block is in */
    uint32_t max_inflight;     /* this thread's share */
};

/* seed: distinct per thread. Caller frees. */
struct loop *loop_new(struct service *service, uint32_t max_inflight, uint64_t seed) MUST_CHECK;
/* Tokens are taken from now on, by service->jwks and service->jwt. 0, or -1 with e. Thread: main,
 * before the loop's own runs. */
int loop_take_tokens(struct loop *l, struct err *e) MUST_CHECK;
/* No request is open any more. NULL is allowed. */
void loop_free(struct loop *l);

#endif

/*
 * One HTTP request from its header block to the end of its answer, and what it is doing.
 *
 * Requests belong to the http thread (struct loop) that their connection belongs to. While one
 * waits for Kafka, the delivery thread may look at .delivery only. Their memory is used again and
 * again by that thread and goes back to the allocator only when the process ends, so that a late
 * delivery report never meets freed memory.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_REQUEST_H
#define TIDEGATE_INGESTOR_HTTP_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/contract/event_id.h"
#include "ingestor/auth/grant.h"
#include "ingestor/auth/principal.h"
#include "ingestor/http/answer.h"
#include "ingestor/http/body.h"
#include "ingestor/http/headers.h"
#include "ingestor/http/router.h"
#include "ingestor/ingest/delivery.h"

#define REQUEST_MAGIC 0x7de6a7e1U
#define REQUEST_ID_MAX 64 /* bytes of a client's X-Request-Id that we take over */

struct loop;

enum request_phase {
    REQUEST_FREE,    /* in the pool */
    REQUEST_READING, /* the body is coming */
    REQUEST_REFUSED, /* the body is read and dropped, then the answer goes out */
    REQUEST_WAITING, /* suspended: .delivery decides */
    REQUEST_RESUMED, /* decided; the answer is being made */
    REQUEST_ANSWERED /* the answer is with the library */
};

/* How the body is cut into events. */
enum request_shape { SHAPE_SINGLE, SHAPE_ARRAY, SHAPE_LINES };

/* What an ingest route found in the body. */
struct intake {
    size_t contract; /* index */
    bool atomic;     /* ?atomic=true */
    bool lines;      /* NDJSON was declared */
    enum request_shape shape;
    uint32_t accepted, rejected;
    uint32_t out_of_scope;             /* of those rejected: devices of others */
    enum kafka_send_rc refusal;        /* why the producer stopped taking events, or OK */
    struct buf errors;                 /* verdicts, JSON objects separated by commas */
    char event_id[EVENT_ID_TEXT_SIZE]; /* of a single event */
};

struct request {
    unsigned magic; /* REQUEST_MAGIC: it travels through pointers of two libraries */
    enum request_phase phase;
    struct loop *loop;
    void *connection; /* of the HTTP library */

    size_t route;     /* index; n_routes when none matched */
    struct str param; /* {…} of the path; lives as long as the request */
    enum http_method method;
    struct headers headers;
    const struct principal *principal;
    struct grant *grant; /* what principal is a part of when it came by a token, else NULL */
    char id[REQUEST_ID_MAX];
    size_t id_n;
    int64_t begun_ns; /* monotonic, when the header block was in */

    struct body body;
    int64_t dropped; /* bytes of a body that nobody wants */
    struct answer answer;
    struct intake intake;
    struct delivery delivery;
    struct request *next; /* in the pool, or on the delivery thread's list */
};

static inline struct str request_id(const struct request *req)
{
    return (struct str){req->id, req->id_n};
}

/* Takes over a sane X-Request-Id (1 to REQUEST_ID_MAX of [A-Za-z0-9._-]), else makes 16 hex digits
 * from random. */
void request_set_id(struct request *req, struct str wanted, uint64_t random);

/* For the pool: makes a request out of zeroed memory, gives its memory back for good. */
void request_init(struct request *req, struct loop *loop, struct body_budget *budget);
void request_release(struct request *req);
/* Between two uses: forgets everything but the delivery's state and reusable memory. */
void request_reset(struct request *req);

#endif

/*
 * The bytes of one request body, with JSON_PADDING readable bytes behind them. Small ones stay in
 * the request's own memory; longer ones take heap memory from a budget that all requests share.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_BODY_H
#define TIDEGATE_INGESTOR_HTTP_BODY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/contract/json.h"

#define BODY_SMALL 2048 /* six times a usual single event */

/* Bytes of heap memory that bodies hold at this moment. Thread: any. */
struct body_budget {
    _Atomic int64_t used;
    int64_t limit;
};

struct body {
    char *p;
    size_t n;
    size_t cap; /* without the padding */
    struct body_budget *budget;
    char small[BODY_SMALL + JSON_PADDING];
};

enum body_rc {
    BODY_OK,
    BODY_TOO_LARGE, /* n would pass limit */
    BODY_NO_MEMORY  /* the budget or the heap is used up */
};

void body_init(struct body *b, struct body_budget *budget);

/* Makes room for a body of a known length, which is at most the route's limit. */
enum body_rc body_expect(struct body *b, size_t n) MUST_CHECK;

/* Appends; on failure the body is as before. */
enum body_rc body_add(struct body *b, struct str bytes, size_t limit) MUST_CHECK;

/* Empty again; heap memory goes back to the budget. */
void body_release(struct body *b);

#endif

/*
 * Validation of one event against a contract: the same code in the ingestor and, again, in the
 * worker.
 */
#ifndef TIDEGATE_CONTRACT_EVENT_H
#define TIDEGATE_CONTRACT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/contract/contract.h"
#include "common/contract/json.h"

#define EVENT_VIOLATIONS_MAX 10 /* collected an event */
#define EVENT_ID_SIZE 16        /* bytes */
#define EVENT_NO_NODE UINT32_MAX

struct violation {
    char pointer[256]; /* RFC 6901, cut with "…" when longer */
    const char *code;  /* keyword ("maximum") or "json"; static */
    char detail[160];  /* short text; never a value of an x-pii property */
};

struct violations {
    size_t n;
    struct violation items[EVENT_VIOLATIONS_MAX];
};

/* What validation found in a valid event. Slices point into the validator: they live until its next
 * event. */
struct event {
    struct json_doc doc;
    struct str device;
    int64_t time_us;        /* x-time, microseconds since the epoch */
    struct str client_id;   /* x-event-id as text, n = 0 when absent */
    const uint32_t *column; /* node index per contract column, EVENT_NO_NODE: absent (SQL NULL) */
    bool has_extra;         /* members without a column exist: event_extra writes them */
};

struct validator; /* one a thread: parser and scratch memory */

/* max_bytes is the cap of one event. */
struct validator *validator_new(size_t max_bytes) MUST_CHECK;
void validator_free(struct validator *v); /* NULL is allowed */

/* Checks n bytes at text (JSON_PADDING readable bytes behind them) against c. 0 and *ev, or -1 with
 * at least one violation (*out is cleared first). Never blocks, takes no heap memory per event once
 * warm. Violations: at most EVENT_VIOLATIONS_MAX, in document order. */
int event_validate(struct validator *v, const struct contract *c, const char *text, size_t n,
                   struct event *ev, struct violations *out) MUST_CHECK;

/* Appends the members of ev that have no column as one JSON object at their places
 * ({"payload":{"note":"x"}}) for the column extra jsonb. 0, or -1 when out's limit ends. */
int event_extra(const struct contract *c, const struct event *ev, struct buf *out) MUST_CHECK;

#endif

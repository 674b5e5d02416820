/*
 * What one HTTP answer says about the events of its request.
 *
 *   2xx        body with accepted and rejected that add up: per event by errors[].index; a body
 *              without "accepted" (another ingest service): all accepted; one that contradicts
 *              itself or the request: unknown
 *   422        all rejected
 *   other 4xx, 3xx   not taken
 *   5xx        the member outcome: "not_taken", else unknown
 *
 * One owner thread; no heap memory once warm.
 */
#ifndef TIDEGATE_LOADTEST_ANSWER_H
#define TIDEGATE_LOADTEST_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "loadtest/ledger.h"

#define ANSWER_BODY_MAX ((size_t)4 << 20) /* bytes of an answer, head included */

struct answers; /* reader of answers: parser and scratch memory */

struct answers *answers_new(uint32_t events_max) MUST_CHECK;
void answers_free(struct answers *a); /* NULL is allowed */

struct answer {
    enum ledger_class class; /* of all events, or of those not listed when mixed */
    bool mixed;              /* rejected events are marked in answers_rejected */
    bool contradiction;      /* a 2xx whose body cannot be right */
};

/* body: n bytes with JSON_PADDING readable bytes behind them. */
struct answer answer_read(struct answers *a, unsigned status, const char *body, size_t n,
                          uint32_t n_events);

/* After a mixed answer: is the event at index one of the rejected? */
bool answer_rejected(const struct answers *a, uint32_t index);

#endif

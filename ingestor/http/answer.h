/*
 * The answer of one request, as its handlers decide it; ingestor/http/respond.c sends it.
 */
#ifndef TIDEGATE_INGESTOR_HTTP_ANSWER_H
#define TIDEGATE_INGESTOR_HTTP_ANSWER_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"
#include "ingestor/problems.h"

#define ANSWER_LIMIT ((size_t)8 << 20) /* verdicts on the most events that a request may have */
#define ANSWER_HEADER_MAX 96

struct request;

struct answer {
    unsigned status; /* 0: none yet */
    const char *content_type;
    struct buf out;        /* the body, unless fixed is set */
    struct str fixed;      /* a body that outlives the request; n = 0: none */
    unsigned retry_after;  /* seconds, 0: no such field */
    const char *challenge; /* WWW-Authenticate, or NULL */
    char allow[ANSWER_HEADER_MAX];
    bool close; /* the connection ends after this answer */
};

void answer_init(struct answer *a);
/* No answer any more; small memory is kept for the next request. */
void answer_reset(struct answer *a);

/* Sets a problem document; detail may be NULL. Replaces an answer that was there. Problems with
 * status 503 get Retry-After, and outcome "not_taken" unless answer_unknown. Thread: http. */
void answer_problem(struct request *req, enum problem p, const char *detail_format, ...)
    PRINTF_LIKE(3, 4);

/* The same for PROBLEM_OUTCOME_UNKNOWN and KAFKA_UNAVAILABLE with outcome "unknown". */
void answer_unknown(struct request *req, enum problem p, const char *detail);

/* A problem with the member errors: JSON objects separated by commas. */
void answer_violations(struct request *req, enum problem p, const char *detail, struct str errors);

/* A JSON body that handlers append to answer.out themselves, before or after. */
void answer_json(struct request *req, unsigned status);

#endif

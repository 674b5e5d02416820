/*
 * The metrics of metrics.def: their ids and the closed sets of their labels.
 */
#ifndef TIDEGATE_INGESTOR_METRICS_H
#define TIDEGATE_INGESTOR_METRICS_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/metrics.h"
#include "common/contract/contract.h"
#include "ingestor/auth/claims.h"
#include "ingestor/http/router.h"

enum {
#define METRIC(symbol, name, type, labels, help) METRIC_##symbol,
#include "ingestor/metrics.def"
#undef METRIC
    INGESTOR_METRICS
};

extern const struct metric_def ingestor_metric_defs[INGESTOR_METRICS];

/* Series of METRIC_AUTH_FAILURES; from AUTH_FAILURE_TOKEN on metrics_token_series. */
enum {
    AUTH_FAILURE_MISSING,
    AUTH_FAILURE_INVALID,
    AUTH_FAILURE_FORBIDDEN,
    AUTH_FAILURE_TOKEN,
    AUTH_FAILURES = AUTH_FAILURE_TOKEN + JWT_REASONS - 1
};

/* Series of METRIC_TOKEN_CACHE. */
enum { TOKEN_CACHE_HIT, TOKEN_CACHE_MISS };

/* Series of METRIC_REJECTED_KEPT. */
enum { REJECTED_KEPT, REJECTED_DROPPED, REJECTED_RESULTS };

/* The registry with all label sets. Requests that match no route count as route "other", series
 * n_routes. Caller frees. */
struct metrics *ingestor_metrics_new(const struct route *routes, size_t n_routes,
                                     const struct contract_set *contracts) MUST_CHECK;

/* Series of METRIC_REQUESTS; a status outside our table counts as 500. Pure. */
size_t metrics_request_series(size_t route, unsigned status);

/* Series of METRIC_AUTH_FAILURES for the reason that refuses a token: any but JWT_OK. Pure. */
size_t metrics_token_series(enum jwt_reason reason);

/* Series of METRIC_REJECTED for a violation's code. Pure. */
size_t metrics_rejected_series(size_t contract, const char *code);

#endif

#include "ingestor/metrics.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"

#define LABEL_MAX 160 /* a contract's name and a reason with their keys */

const struct metric_def ingestor_metric_defs[INGESTOR_METRICS] = {
#define METRIC(symbol, name, type, labels, help) \
    [METRIC_##symbol] = {name, METRIC_##type, labels, help},
#include "ingestor/metrics.def"
#undef METRIC
};

/* Every status that problems.def and the handlers use. */
static const unsigned STATUSES[] = {200, 202, 400, 401, 403, 404, 405,
                                    408, 413, 415, 422, 429, 500, 503};

/* Codes of violations (keywords of a contract), and ours; the last stands for the rest. */
static const char *const REASONS[] = {
    "json",         "size",     "type",       "required",  "additionalProperties",
    "enum",         "const",    "minimum",    "maximum",   "exclusiveMinimum",
    "device-scope", "pattern",  "format",     "minLength", "exclusiveMaximum",
    "maxLength",    "minItems", "maxItems",   "x-device",  "multipleOf",
    "x-time",       "x-column", "x-event-id", "other"};

size_t metrics_request_series(size_t route, unsigned status)
{
    size_t fallback = 0;
    for (size_t i = 0; i < ARRAY_SIZE(STATUSES); i++) {
        if (STATUSES[i] == status) {
            return route * ARRAY_SIZE(STATUSES) + i;
        }
        fallback = STATUSES[i] == 500 ? i : fallback;
    }
    return route * ARRAY_SIZE(STATUSES) + fallback;
}

size_t metrics_rejected_series(size_t contract, const char *code)
{
    size_t i = 0;
    while (i + 1 < ARRAY_SIZE(REASONS) && strcmp(REASONS[i], code) != 0) {
        i++;
    }
    return contract * ARRAY_SIZE(REASONS) + i;
}

size_t metrics_token_series(enum jwt_reason reason)
{
    assert(reason > JWT_OK && reason < JWT_REASONS);
    return AUTH_FAILURE_TOKEN + (size_t)reason - (JWT_OK + 1);
}

/* Label sets under construction: n texts of LABEL_MAX bytes. */
struct sets {
    char (*texts)[LABEL_MAX];
    const char **pointers;
    size_t n;
};

static struct sets sets_new(size_t n)
{
    struct sets s = {mem_calloc(n, LABEL_MAX), mem_calloc(n, sizeof(char *)), n};
    for (size_t i = 0; i < n; i++) {
        s.pointers[i] = s.texts[i];
    }
    return s;
}

static void sets_give(struct sets *s, struct metrics *m, size_t id)
{
    metrics_labels(m, id, s->pointers, s->n);
    mem_free(s->texts);
    mem_free(s->pointers);
}

static const char *label_of(const struct route *routes, size_t n, size_t i)
{
    return i < n ? routes[i].label : "other";
}

static void label_routes(struct metrics *m, const struct route *routes, size_t n)
{
    size_t codes = ARRAY_SIZE(STATUSES);
    struct sets requests = sets_new((n + 1) * codes);
    struct sets seconds = sets_new(n + 1);
    for (size_t i = 0; i <= n; i++) {
        const char *label = label_of(routes, n, i);
        snprintf(seconds.texts[i], LABEL_MAX, "route=\"%s\"", label);
        for (size_t k = 0; k < codes; k++) {
            snprintf(requests.texts[i * codes + k], LABEL_MAX, "route=\"%s\",code=\"%u\"", label,
                     STATUSES[k]);
        }
    }
    sets_give(&requests, m, METRIC_REQUESTS);
    sets_give(&seconds, m, METRIC_REQUEST_SECONDS);
}

static void label_contracts(struct metrics *m, const struct contract_set *contracts)
{
    size_t reasons = ARRAY_SIZE(REASONS);
    struct sets accepted = sets_new(contracts->n);
    struct sets rejected = sets_new(contracts->n * reasons);
    for (size_t i = 0; i < contracts->n; i++) {
        const char *name = contract_name(contracts->items[i]);
        snprintf(accepted.texts[i], LABEL_MAX, "contract=\"%s\"", name);
        for (size_t k = 0; k < reasons; k++) {
            snprintf(rejected.texts[i * reasons + k], LABEL_MAX, "contract=\"%s\",reason=\"%s\"",
                     name, REASONS[k]);
        }
    }
    sets_give(&accepted, m, METRIC_ACCEPTED);
    sets_give(&rejected, m, METRIC_REJECTED);
}

static void label_auth(struct metrics *m)
{
    struct sets failures = sets_new(AUTH_FAILURES);
    snprintf(failures.texts[AUTH_FAILURE_MISSING], LABEL_MAX, "reason=\"missing\"");
    snprintf(failures.texts[AUTH_FAILURE_INVALID], LABEL_MAX, "reason=\"invalid\"");
    snprintf(failures.texts[AUTH_FAILURE_FORBIDDEN], LABEL_MAX, "reason=\"forbidden\"");
    for (enum jwt_reason r = JWT_OK + 1; r < JWT_REASONS; r++) {
        snprintf(failures.texts[metrics_token_series(r)], LABEL_MAX, "reason=\"%s\"",
                 jwt_reason_name(r));
    }
    sets_give(&failures, m, METRIC_AUTH_FAILURES);
}

struct metrics *ingestor_metrics_new(const struct route *routes, size_t n_routes,
                                     const struct contract_set *contracts)
{
    static const char *const cache[] = {"result=\"hit\"", "result=\"miss\""};
    static const char *const kept[REJECTED_RESULTS] = {
        [REJECTED_KEPT] = "result=\"kept\"", [REJECTED_DROPPED] = "result=\"dropped\""};
    static const char *const outcomes[] = {"outcome=\"persisted\"", "outcome=\"not_persisted\"",
                                           "outcome=\"maybe_persisted\""};
    static const char *const build[] = {"version=\"" TIDEGATE_VERSION "\""};
    struct metrics *m = metrics_new(ingestor_metric_defs, INGESTOR_METRICS);
    label_routes(m, routes, n_routes);
    label_contracts(m, contracts);
    label_auth(m);
    metrics_labels(m, METRIC_TOKEN_CACHE, cache, ARRAY_SIZE(cache));
    metrics_labels(m, METRIC_REJECTED_KEPT, kept, ARRAY_SIZE(kept));
    metrics_labels(m, METRIC_KAFKA_REPORTS, outcomes, ARRAY_SIZE(outcomes));
    metrics_labels(m, METRIC_BUILD_INFO, build, ARRAY_SIZE(build));
    metrics_gauge(m, METRIC_BUILD_INFO, 0, 1);
    return m;
}

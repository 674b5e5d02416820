#include "ingestor/http/admit.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "ingestor/http/loop.h"
#include "ingestor/metrics.h"

/* A refused request with a body up to this is read to its end, so that the connection can go on. */
#define SWALLOW_MAX 65536

/* Of a longer body memory is taken as it comes: a promise of bytes costs a client nothing. */
#define RESERVE_MAX 65536

#define SWEEP_S 60 /* between two sweeps over the cache of verified tokens */

static bool find_route(struct request *req, struct str path)
{
    const struct service *s = req->loop->service;
    struct route_match m;
    req->route = s->n_routes;
    switch (router_find(s->routes, s->n_routes, req->method, path, &m)) {
    case ROUTER_FOUND:
        req->route = m.route;
        req->param = m.param;
        return true;
    case ROUTER_NO_PATH:
        answer_problem(req, PROBLEM_NOT_FOUND, NULL);
        break;
    case ROUTER_NO_METHOD:
        answer_problem(req, PROBLEM_METHOD_NOT_ALLOWED, "allowed: %s", m.allow);
        snprintf(req->answer.allow, sizeof req->answer.allow, "%s", m.allow);
        break;
    }
    return false;
}

static void refuse_credential(struct request *req, size_t reason, const char *challenge,
                              const char *detail)
{
    metrics_add(req->loop->shard, METRIC_AUTH_FAILURES, reason, 1);
    answer_problem(req, PROBLEM_UNAUTHENTICATED, "%s", detail);
    req->answer.challenge = challenge;
}

/* By reason: what RFC 6750 section 3 wants to say. Constant, so that an answer can borrow it. */
static const char *const TOKEN_CHALLENGES[JWT_REASONS] = {
#define JWT_REASON(id, name, text) \
    [id] = "Bearer realm=\"tidegate\", error=\"invalid_token\", error_description=\"" text "\"",
#include "ingestor/auth/jwt_reason.def"
#undef JWT_REASON
};

static enum jwt_reason check_token(struct request *req, struct str token)
{
    struct loop *l = req->loop;
    const int64_t now_s = clock_wall_us() / US_PER_S;
    if (now_s < l->swept_s || now_s - l->swept_s >= SWEEP_S) {
        bearer_sweep(l->bearer, now_s);
        l->swept_s = now_s;
    }
    const struct bearer_stats before = bearer_stats(l->bearer);
    const enum jwt_reason reason = bearer_check(l->bearer, token, now_s, &req->grant);
    const struct bearer_stats after = bearer_stats(l->bearer);
    metrics_add(l->shard, METRIC_TOKEN_CACHE, TOKEN_CACHE_HIT, after.hits - before.hits);
    metrics_add(l->shard, METRIC_TOKEN_CACHE, TOKEN_CACHE_MISS, after.misses - before.misses);
    return reason;
}

static bool authenticate_token(struct request *req, struct str token)
{
    const enum jwt_reason reason = check_token(req, token);
    if (reason == JWT_OK) {
        req->principal = &req->grant->principal;
        return true;
    }
    if (reason == JWT_NO_KEYS) { /* our fault: says nothing about the token */
        metrics_add(req->loop->shard, METRIC_AUTH_FAILURES, metrics_token_series(reason), 1);
        answer_problem(req, PROBLEM_KEYS_UNAVAILABLE, "%s", jwt_reason_text(reason));
        return false;
    }
    refuse_credential(req, metrics_token_series(reason), TOKEN_CHALLENGES[reason],
                      jwt_reason_text(reason));
    return false;
}

static bool authenticate(struct request *req)
{
    const struct headers *h = &req->headers;
    bool key = headers_has(h, HEADER_API_KEY);
    bool authorization = headers_has(h, HEADER_AUTHORIZATION);
    if (!key && !authorization) {
        refuse_credential(req, AUTH_FAILURE_MISSING, "Bearer realm=\"tidegate\"",
                          "no X-API-Key and no Authorization field");
        return false;
    }
    if (key && authorization) {
        refuse_credential(req, AUTH_FAILURE_INVALID,
                          "Bearer realm=\"tidegate\", error=\"invalid_request\"",
                          "both X-API-Key and Authorization are given");
        return false;
    }
    struct str text =
        key ? h->values[HEADER_API_KEY] : apikey_bearer(h->values[HEADER_AUTHORIZATION]);
    if (!key && req->loop->bearer != NULL && bearer_looks_like_token(text)) {
        return authenticate_token(req, text);
    }
    req->principal = apikeys_find(req->loop->service->keys, req->loop->hasher, text);
    if (req->principal == NULL) {
        refuse_credential(req, AUTH_FAILURE_INVALID,
                          "Bearer realm=\"tidegate\", error=\"invalid_token\"",
                          "the key is not known");
        return false;
    }
    return true;
}

static bool authorise(struct request *req, const struct route *r)
{
    unsigned missing = r->permission & ~req->principal->permissions;
    if (missing == 0) {
        return true;
    }
    metrics_add(req->loop->shard, METRIC_AUTH_FAILURES, AUTH_FAILURE_FORBIDDEN, 1);
    answer_problem(req, PROBLEM_FORBIDDEN, "the credential lacks the permission %s",
                   permission_name((enum permission)missing));
    req->answer.challenge = "Bearer realm=\"tidegate\", error=\"insufficient_scope\"";
    return false;
}

static bool size_fits(struct request *req, const struct route *r)
{
    int64_t limit = r->body ? req->loop->service->conf->http_max_body : 0;
    if (req->headers.content_length <= limit) {
        return true;
    }
    answer_problem(req, PROBLEM_BODY_TOO_LARGE, "the body has %lld bytes, the cap is %lld",
                   (long long)req->headers.content_length, (long long)limit);
    return false;
}

static void reserve(struct request *req)
{
    int64_t n = req->headers.content_length;
    if (n > 0 && body_expect(&req->body, n < RESERVE_MAX ? (size_t)n : RESERVE_MAX) != BODY_OK) {
        answer_problem(req, PROBLEM_OVERLOADED, "too many bytes of bodies are held already");
    }
}

static void check(struct request *req, struct str path)
{
    struct service *s = req->loop->service;
    if (!find_route(req, path)) {
        return;
    }
    const struct route *r = &s->routes[req->route];
    if (!authenticate(req) || !authorise(req, r) || !size_fits(req, r)) {
        return;
    }
    if (atomic_load_explicit(&s->draining, memory_order_relaxed)) {
        answer_problem(req, PROBLEM_DRAINING, NULL);
        return;
    }
    if (r->admit != NULL) {
        r->admit(req);
    }
    if (req->answer.status == 0) {
        reserve(req);
    }
}

void admit(struct request *req, struct str path)
{
    if (req->headers.fault != NULL) {
        req->route = req->loop->service->n_routes;
        answer_problem(req, PROBLEM_MALFORMED_REQUEST, "%s", req->headers.fault);
        req->answer.close = true;
        return;
    }
    check(req, path);
    if (req->answer.status == 0) {
        return;
    }
    /* A client that waits for 100 gets the final status instead; a long body is not worth reading;
     * both end the connection, because its next bytes are not known to be a request. */
    if (headers_has(&req->headers, HEADER_EXPECT) ||
        headers_body_may_exceed(&req->headers, SWALLOW_MAX)) {
        req->answer.close = true;
    }
}

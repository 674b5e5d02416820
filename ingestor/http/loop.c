#include "ingestor/http/loop.h"

#include "common/base/mem.h"

/* Of verified tokens, a thread. 10,000 devices with a token each are split over the threads; what
 * does not fit is verified again. The age bounds how long the text of a token stays in memory. */
static const struct token_cache_limits TOKENS = {
    .entries = 4096, .bytes = (size_t)4 << 20, .max_age_s = 300};

struct loop *loop_new(struct service *service, uint32_t max_inflight, uint64_t seed)
{
    struct loop *l = mem_calloc(1, sizeof *l);
    l->service = service;
    l->shard = metrics_shard(service->metrics);
    rng_seed(&l->rng, seed);
    l->hasher = sha256_new();
    l->validator = validator_new((size_t)service->conf->http_max_event);
    request_pool_init(&l->pool, l, &service->bodies);
    size_t key_max = PRINCIPAL_TENANT_MAX + 1 + CONTRACT_DEVICE_MAX;
    buf_init(&l->keys, (size_t)service->conf->http_max_events * key_max);
    buf_init(&l->note, REJECTS_NOTE_MAX);
    l->max_inflight = max_inflight;
    return l;
}

int loop_take_tokens(struct loop *l, struct err *e)
{
    l->bearer = bearer_new(l->service->jwks, &l->service->jwt, &TOKENS, e);
    return l->bearer == NULL ? -1 : 0;
}

void loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    request_pool_release(&l->pool);
    validator_free(l->validator);
    sha256_free(l->hasher);
    bearer_free(l->bearer);
    mem_free(l->events);
    buf_release(&l->keys);
    buf_release(&l->note);
    mem_free(l);
}

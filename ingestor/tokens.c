#include "ingestor/tokens.h"

#include <assert.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "ingestor/auth/jwks_fetch.h"
#include "ingestor/metrics.h"

#define MS_PER_SECOND 1000

/* An empty text of the configuration stands for what is not there. */
static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

struct jwt_rules tokens_rules(const struct ingestor_conf *conf)
{
    return (struct jwt_rules){
        .type = or_null(conf->auth_type),
        .claims = {.issuer = conf->auth_issuer,
                   .audience = conf->auth_audience,
                   .leeway_s = conf->auth_leeway / MS_PER_SECOND,
                   .max_lifetime_s = conf->auth_max_lifetime / MS_PER_SECOND,
                   .subject = conf->auth_subject_claim,
                   .tenant = conf->auth_tenant_claim,
                   .permission = or_null(conf->auth_permissions_claim),
                   .devices = or_null(conf->auth_devices_claim),
                   .devices_required = conf->auth_devices_required},
    };
}

/* 0 with s->jwks, or -1 with e. */
static int make_source(struct service *s, struct err *e)
{
    const struct ingestor_conf *conf = s->conf;
    struct jwks_options options = {.location = conf->auth_jwks,
                                   .ca_file = or_null(conf->auth_jwks_ca),
                                   .refresh_s = conf->auth_jwks_refresh / MS_PER_SECOND,
                                   .timeout_ms = conf->auth_jwks_timeout};
    const int rc = jwa_find(str_of(conf->auth_rsa_alg), &options.rsa_alg);
    assert(rc == 0); /* one of the choices */
    (void)rc;
    s->jwks = jwks_source_new(&options, e);
    if (s->jwks == NULL) {
        err_wrap(e, "auth.jwks");
        return -1;
    }
    return 0;
}

int tokens_prepare(struct service *s, struct err *e)
{
    const char *location = s->conf->auth_jwks;
    if (location[0] == '\0') {
        return 0;
    }
    s->jwt = tokens_rules(s->conf);
    if (!jwks_is_url(location)) {
        return make_source(s, e);
    }
    if (jwks_check_url(location, e) != 0) {
        err_wrap(e, "auth.jwks");
        return -1;
    }
    return 0;
}

int tokens_start(struct service *s, struct loop *const *loops, size_t n, struct err *e)
{
    if (s->conf->auth_jwks[0] == '\0') {
        return 0;
    }
    if (s->jwks == NULL && make_source(s, e) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (loop_take_tokens(loops[i], e) != 0) {
            return -1;
        }
    }
    return 0;
}

void tokens_reload(struct service *s)
{
    struct err e = {0};
    if (s->jwks == NULL) {
        LOG(LOG_WARN, "reload_ignored", log_str("reason", "only keys of tokens can be reloaded"));
    } else if (jwks_source_reload(s->jwks, &e) != 0) {
        LOG(LOG_ERROR, "reload_failed", log_err(&e), log_int("keys_kept", (int64_t)tokens_keys(s)));
    } else {
        LOG(LOG_INFO, "reloaded", log_int("jwks_keys", (int64_t)tokens_keys(s)));
    }
}

size_t tokens_keys(const struct service *s)
{
    struct jwks_stats stats = {0};
    if (s->jwks != NULL) {
        jwks_source_stats(s->jwks, &stats);
    }
    return stats.keys;
}

void tokens_measure(struct service *s)
{
    struct jwks_stats stats = {0};
    if (s->jwks != NULL) {
        jwks_source_stats(s->jwks, &stats);
    }
    metrics_gauge(s->metrics, METRIC_JWKS_KEYS, 0, (int64_t)stats.keys);
    metrics_gauge(s->metrics, METRIC_JWKS_FAILURES, 0, (int64_t)stats.failures);
}

#include "worker/health.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/mem.h"

struct state {
    bool ok;
    char why[ERR_TEXT_MAX];
};

struct health {
    pthread_mutex_t lock;
    struct state states[HEALTH_CHECKS];
};

static const struct {
    const char *name;
    bool ok; /* at start */
} checks[HEALTH_CHECKS] = {
    [HEALTH_KAFKA] = {"kafka", false},    [HEALTH_POSTGRES] = {"postgres", false},
    [HEALTH_SCHEMA] = {"schema", true},   [HEALTH_POSITIONS] = {"positions", true},
    [HEALTH_RUNNING] = {"running", true},
};

struct health *health_new(void)
{
    struct health *h = mem_calloc(1, sizeof *h);
    (void)pthread_mutex_init(&h->lock, NULL);
    for (size_t i = 0; i < HEALTH_CHECKS; i++) {
        h->states[i].ok = checks[i].ok;
        (void)snprintf(h->states[i].why, sizeof h->states[i].why, "starting");
    }
    return h;
}

void health_free(struct health *h)
{
    if (h == NULL) {
        return;
    }
    (void)pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

void health_ok(struct health *h, enum health_check check)
{
    (void)pthread_mutex_lock(&h->lock);
    bool changed = !h->states[check].ok;
    h->states[check].ok = true;
    bool ready = changed;
    for (size_t i = 0; i < HEALTH_CHECKS; i++) {
        ready = ready && h->states[i].ok;
    }
    (void)pthread_mutex_unlock(&h->lock);
    if (changed) {
        LOG(LOG_INFO, "check_ok", log_str("check", checks[check].name));
    }
    if (ready) {
        LOG(LOG_INFO, "ready", log_str("check", checks[check].name));
    }
}

void health_bad(struct health *h, enum health_check check, const char *why)
{
    struct state *s = &h->states[check];
    (void)pthread_mutex_lock(&h->lock);
    bool changed = s->ok || strcmp(s->why, why) != 0;
    s->ok = false;
    (void)snprintf(s->why, sizeof s->why, "%s", why);
    (void)pthread_mutex_unlock(&h->lock);
    if (changed) {
        LOG(LOG_WARN, "check_failed", log_str("check", checks[check].name), log_str("error", why));
    }
}

bool health_report(struct health *h, struct buf *lines)
{
    bool all = true;
    (void)pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < HEALTH_CHECKS; i++) {
        const struct state *s = &h->states[i];
        int rc = s->ok ? buf_addf(lines, "[+]%s ok\n", checks[i].name)
                       : buf_addf(lines, "[-]%s: %s\n", checks[i].name, s->why);
        all = all && s->ok && rc == 0;
    }
    (void)pthread_mutex_unlock(&h->lock);
    return all;
}

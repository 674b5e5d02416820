/*
 * Start: admin port first, so that a worker that waits for its servers can say so. End: consumer,
 * then loader (the consumer hands over to it), then the rest.
 */
#include "worker/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/metrics.h"
#include "common/base/signals.h"
#include "common/io/admin_http.h"
#include "worker/admin/upkeep.h"
#include "worker/consume/loop.h"
#include "worker/health.h"
#include "worker/load/loader.h"
#include "worker/metrics.h"

#define LEAVE_MS 1000 /* over stop.deadline, for threads to see the request and end */
#define OWNER_SIZE 300

struct app {
    const struct worker_conf *conf;
    const struct streams *streams;
    struct health *health;
    struct metrics *metrics;
    struct admin_http *admin;
    struct loader *loader;
    struct upkeep *upkeep;
    struct loop *loop;
    char cluster_id[SQL_CLUSTER_SIZE];
    char owner[OWNER_SIZE];
};

static bool on_ready(void *arg, struct buf *lines)
{
    struct app *app = arg;
    bool ready = health_report(app->health, lines);
    metrics_gauge(app->metrics, METRIC_READY, 0, ready ? 1 : 0);
    return ready;
}

/* Second number of /proc/self/statm: resident pages. */
static int64_t resident_bytes(void)
{
    char text[128];
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) {
        return 0;
    }
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    const char *second = strchr(text, ' ');
    return second == NULL ? 0 : strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static int on_metrics(void *arg, struct buf *out)
{
    struct app *app = arg;
    struct buf ignored;
    buf_init(&ignored, 16384);
    (void)on_ready(app, &ignored);
    buf_release(&ignored);
    metrics_gauge(app->metrics, METRIC_RESIDENT, 0, resident_bytes());
    return metrics_render(app->metrics, out);
}

static int start_admin(struct app *app, struct err *e)
{
    const struct admin_callbacks callbacks = {on_ready, on_metrics, app};
    uint16_t port = 0;
    app->admin = admin_http_start(app->conf->admin_listen, &callbacks, &port, e);
    if (app->admin == NULL) {
        return -1;
    }
    LOG(LOG_INFO, "admin_listening", log_str("address", app->conf->admin_listen),
        log_int("port", port));
    return 0;
}

static int start_loader(struct app *app, struct err *e)
{
    const struct loader_options options = {
        .url = app->conf->postgres_url,
        .owner = app->owner,
        .streams = app->streams,
        .cluster_id = app->cluster_id,
        .health = app->health,
        .metrics = app->metrics,
    };
    app->loader = loader_start(&options, e);
    return app->loader == NULL ? -1 : 0;
}

static int start_upkeep(struct app *app, struct err *e)
{
    const struct upkeep_options options = {
        .url = app->conf->postgres_url,
        .streams = app->streams,
        .past_us = app->conf->partitions_accept_past * 1000,
        .ahead_us = app->conf->partitions_ahead * 1000,
    };
    app->upkeep = upkeep_start(&options, e);
    return app->upkeep == NULL ? -1 : 0;
}

static int start_loop(struct app *app, struct err *e)
{
    const struct worker_conf *c = app->conf;
    const struct loop_options options = {
        .kafka = {.brokers = c->kafka_brokers,
                  .client_id = c->kafka_client_id,
                  .group_id = c->kafka_group_id,
                  .group_instance_id = c->kafka_group_instance_id,
                  .settings = c->kafka_settings,
                  .session_timeout_ms = c->kafka_session_timeout,
                  .max_poll_interval_ms = c->kafka_max_poll_interval,
                  .queue_bytes = c->kafka_queue},
        .batch = {.rows = (size_t)c->batch_rows,
                  .bytes = (size_t)c->batch_bytes,
                  .age_ns = c->batch_age * NS_PER_MS},
        .windows = {.max_ids = c->dedup_ids, .window_us = c->dedup_window * 1000},
        .intake = {.accept_past_us = c->partitions_accept_past * 1000,
                   .accept_future_us = c->partitions_accept_future * 1000,
                   .max_event = (size_t)c->batch_max_event},
        .streams = app->streams,
        .loader = app->loader,
        .cluster_id = app->cluster_id,
        .health = app->health,
        .metrics = app->metrics,
        .stop_ms = c->stop_deadline,
    };
    app->loop = loop_start(&options, e);
    return app->loop == NULL ? -1 : 0;
}

/* Ends what runs. false when a thread hangs. */
static bool stop_all(struct app *app)
{
    int64_t limit_ms = app->conf->stop_deadline + LEAVE_MS;
    bool ended = true;
    health_bad(app->health, HEALTH_RUNNING, "stopping");
    if (app->loop != NULL) {
        ended = loop_stop(app->loop, limit_ms);
    }
    if (app->loader != NULL) {
        ended = loader_stop(app->loader, LEAVE_MS / 2) && ended;
    }
    ended = upkeep_stop(app->upkeep, LEAVE_MS / 2) && ended;
    return ended;
}

static void release_all(struct app *app)
{
    admin_http_stop(app->admin);
    loop_free(app->loop);
    loader_free(app->loader);
    metrics_free(app->metrics);
    health_free(app->health);
}

static void wait_for_stop(void)
{
    while (signals_wait(-1) != SIGNALS_STOP) {
        /* Nothing of the configuration is taken over on SIGHUP yet. */
    }
}

static void name_owner(struct app *app)
{
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(app->owner, sizeof app->owner, "%s/%ld", host, (long)getpid());
}

int app_run(const struct worker_conf *conf, const struct streams *streams, enum app_end *end,
            struct err *e)
{
    struct app app = {.conf = conf, .streams = streams};
    name_owner(&app);
    app.health = health_new();
    app.metrics = worker_metrics_new(streams);
    int rc = 0;
    if (start_admin(&app, e) != 0 || start_loader(&app, e) != 0 || start_upkeep(&app, e) != 0 ||
        start_loop(&app, e) != 0) {
        rc = -1;
    } else {
        LOG(LOG_INFO, "started", log_str("owner", app.owner), log_str("version", TIDEGATE_VERSION),
            log_int("contracts", (int64_t)streams->n));
        wait_for_stop();
        LOG(LOG_INFO, "stopping", log_int("deadline_ms", conf->stop_deadline));
    }
    bool failed = app.loop != NULL && loop_failed(app.loop);
    bool ended = stop_all(&app);
    *end = failed ? APP_FAILED : ended ? APP_STOPPED : APP_HUNG;
    LOG(ended ? LOG_INFO : LOG_WARN, "stopped", log_bool("clean", ended));
    if (rc != 0 && ended) {
        release_all(&app);
    }
    return rc;
}

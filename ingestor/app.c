#include "ingestor/app.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/signals.h"
#include "common/io/admin_http.h"
#include "ingestor/drain.h"
#include "ingestor/http/server.h"
#include "ingestor/ingest/reporter.h"
#include "ingestor/kafka_watch.h"
#include "ingestor/metrics.h"
#include "ingestor/routes.h"
#include "ingestor/tokens.h"

#define TOPIC_MAX 250       /* Kafka's own limit is 249 */
#define WATCH_MS 1000       /* between two looks at Kafka */
#define WATCH_SOON_MS 200   /* the same until the first time ready */
#define PROBE_MS 1000       /* for one question to Kafka */
#define FIRST_PROBE_MS 3000 /* before listening: brings the metadata that the first event needs */

struct app {
    struct service service;
    struct contract_set contracts;
    struct apikeys *keys;
    struct server *server;
    struct reporter *reporter;
    struct admin_http *admin;
    struct kafka_watch watch;
    bool was_ready;
    bool ever_ready;
};

/* --- readiness and metrics: admin thread ------------------------------------------------------ */

static bool line(struct buf *out, bool good, const char *name, const char *trouble)
{
    return buf_addf(out, "[%c]%s%s%s\n", good ? '+' : '-', name, good ? " ok" : ": ",
                    good ? "" : trouble) == 0 &&
           good;
}

static bool check_ready(void *arg, struct buf *lines)
{
    const struct app *app = arg;
    const struct service *s = &app->service;
    bool ready = line(lines, atomic_load(&s->kafka_up), "kafka", "no broker answers");
    for (size_t i = 0; i < s->contracts->n; i++) {
        char name[TOPIC_MAX + 8];
        snprintf(name, sizeof name, "topic %s", s->topics[i]);
        ready &= line(lines, atomic_load(&s->topic_ready[i]), name, "not found");
    }
    if (s->jwks != NULL) {
        ready &= line(lines, tokens_keys(s) > 0, "jwks", "no keys are loaded yet");
    } else {
        ready &= line(lines, apikeys_count(s->keys) > 0, "api_keys", "none configured");
    }
    ready &= line(lines, !atomic_load(&s->stopping), "running", "draining");
    return ready;
}

static int render_metrics(void *arg, struct buf *out)
{
    struct app *app = arg;
    struct service *s = &app->service;
    metrics_gauge(s->metrics, METRIC_INFLIGHT, 0, server_inflight(app->server));
    metrics_gauge(s->metrics, METRIC_OPEN, 0, server_open(app->server));
    metrics_gauge(s->metrics, METRIC_BUFFERED, 0, atomic_load(&s->bodies.used));
    tokens_measure(s);
    return metrics_render(s->metrics, out);
}

/* --- building --------------------------------------------------------------------------------- */

static int load_contracts(struct app *app, struct err *e)
{
    struct service *s = &app->service;
    if (contract_set_load(s->conf->contracts_dir, &app->contracts, e) != 0) {
        return -1;
    }
    s->contracts = &app->contracts;
    s->default_contract = service_find_contract(s, str_of(s->conf->http_default_contract));
    if (s->default_contract == s->contracts->n) {
        err_set(e, ERR_CONFIG, "http.default_contract: no contract \"%s\" in %s",
                s->conf->http_default_contract, s->conf->contracts_dir);
        return -1;
    }
    s->topics = mem_calloc(s->contracts->n + 1, sizeof(char *));
    s->topic_ready = mem_calloc(s->contracts->n + 1, sizeof *s->topic_ready);
    char topic[TOPIC_MAX];
    for (size_t i = 0; i < s->contracts->n; i++) {
        if (contract_topic_name(s->contracts->items[i], s->conf->kafka_topic_prefix, topic,
                                sizeof topic) != 0) {
            err_set(e, ERR_CONFIG, "contract %s: the topic's name is longer than %d bytes",
                    contract_name(s->contracts->items[i]), TOPIC_MAX - 1);
            return -1;
        }
        s->topics[i] = mem_strdup(topic);
    }
    snprintf(topic, sizeof topic, "%s.rejected", s->conf->kafka_topic_prefix);
    s->topics[s->contracts->n] = mem_strdup(topic);
    return 0;
}

/* What needs files but neither network nor threads. */
static int build_local(struct app *app, const struct ingestor_conf *conf,
                       const struct conf_list *lists, struct err *e)
{
    struct service *s = &app->service;
    s->conf = conf;
    s->bodies.limit = conf->http_max_buffered;
    if (ingestor_conf_check(conf, e) != 0 || load_contracts(app, e) != 0) {
        return -1;
    }
    app->keys = apikeys_new(&lists[INGESTOR_LIST_API_KEYS], e);
    s->keys = app->keys;
    return app->keys == NULL ? -1 : tokens_prepare(s, e);
}

static int start_producer(struct service *s, struct err *e)
{
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    char client_id[96];
    snprintf(client_id, sizeof client_id, "ingestor-%s", host);
    const struct kafka_producer_conf conf = {
        .brokers = s->conf->kafka_brokers,
        .client_id = client_id,
        .compression = s->conf->kafka_compression,
        .settings = s->conf->kafka_settings,
        .linger_ms = s->conf->kafka_linger_ms,
        .message_timeout_ms = s->conf->kafka_message_timeout,
        .queue_bytes = s->conf->kafka_queue_bytes,
        .topics = (const char *const *)s->topics,
        .n_topics = s->contracts->n + 1,
    };
    s->producer = kafka_producer_new(&conf, e);
    return s->producer == NULL ? -1 : 0;
}

/* Descriptors beside those of connections: brokers, logs, epoll. */
#define OTHER_DESCRIPTORS 200

/* The soft limit is 1,024 in most shells; and without a descriptor the library stops accepting
 * without a word, so the configured number of connections gives way to the system's. */
static int64_t connection_limit(const struct ingestor_conf *conf)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)conf->http_connection_limit + OTHER_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return conf->http_connection_limit;
    }
    if (limit.rlim_cur < wanted) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            limit.rlim_cur = before;
        }
    }
    if (limit.rlim_cur >= wanted) {
        return conf->http_connection_limit;
    }
    int64_t left = limit.rlim_cur / 2 > OTHER_DESCRIPTORS
                       ? (int64_t)limit.rlim_cur - OTHER_DESCRIPTORS
                       : (int64_t)limit.rlim_cur / 2;
    LOG(LOG_INFO, "connection_limit", log_int("configured", conf->http_connection_limit),
        log_int("used", left), log_int("descriptors", (int64_t)limit.rlim_cur));
    return left;
}

static int start(struct app *app, struct err *e)
{
    struct service *s = &app->service;
    s->connection_limit = connection_limit(s->conf);
    s->routes = ingestor_routes(&s->n_routes);
    s->metrics = ingestor_metrics_new(s->routes, s->n_routes, s->contracts);
    if (start_producer(s, e) != 0) {
        return -1;
    }
    app->server = server_new(s);
    size_t n = 0;
    struct loop *const *loops = server_loops(app->server, &n);
    if (tokens_start(s, loops, n, e) != 0) {
        return -1;
    }
    const struct admin_callbacks callbacks = {check_ready, render_metrics, app};
    uint16_t port = 0;
    app->admin = admin_http_start(s->conf->admin_listen, &callbacks, &port, e);
    if (app->admin == NULL) {
        return -1;
    }
    LOG(LOG_INFO, "admin_listening", log_str("address", s->conf->admin_listen),
        log_int("port", port));
    app->reporter = reporter_start(s, loops, n, e);
    if (app->reporter == NULL) {
        return -1;
    }
    kafka_watch_init(&app->watch, s, FIRST_PROBE_MS);
    kafka_watch_step(&app->watch, clock_mono_ns());
    app->watch.timeout_ms = PROBE_MS;
    if (server_start(app->server, &port, e) != 0) {
        return -1;
    }
    LOG(LOG_INFO, "http_listening", log_str("address", s->conf->http_listen), log_int("port", port),
        log_int("threads", (int64_t)n));
    return 0;
}

static void release(struct app *app)
{
    struct service *s = &app->service;
    if (app->server != NULL) {
        server_stop(app->server);
    }
    reporter_stop(app->reporter);
    admin_http_stop(app->admin);
    server_free(app->server);
    kafka_producer_free(s->producer);
    kafka_watch_release(&app->watch);
    metrics_free(s->metrics);
    jwks_source_free(s->jwks);
    apikeys_free(app->keys);
    for (size_t i = 0; s->topics != NULL && i <= s->contracts->n; i++) {
        mem_free(s->topics[i]);
    }
    mem_free(s->topics);
    mem_free(s->topic_ready);
    contract_set_release(&app->contracts);
}

/* --- running ---------------------------------------------------------------------------------- */

/* The lines "ready" and "not_ready", once per change. */
static void announce(struct app *app)
{
    struct buf lines;
    buf_init(&lines, (size_t)64 << 10);
    bool ready = check_ready(app, &lines);
    if (ready && !app->was_ready) {
        LOG(LOG_INFO, "ready", log_bool("first", !app->ever_ready));
    } else if (!ready && app->was_ready) {
        LOG(LOG_WARN, "not_ready", log_slice("checks", (struct str){lines.p, lines.n}));
    }
    app->was_ready = ready;
    app->ever_ready |= ready;
    buf_release(&lines);
}

static void serve(struct app *app)
{
    enum signals_event event = SIGNALS_NONE;
    while (event != SIGNALS_STOP) {
        announce(app);
        event = signals_wait(app->ever_ready ? WATCH_MS : WATCH_SOON_MS);
        if (event == SIGNALS_RELOAD) {
            tokens_reload(&app->service);
        } else if (event == SIGNALS_NONE) {
            kafka_watch_step(&app->watch, clock_mono_ns());
        }
    }
}

int app_check(const struct ingestor_conf *conf, const struct conf_list *lists, struct err *e)
{
    struct app app = {0};
    int rc = build_local(&app, conf, lists, e);
    release(&app);
    return rc;
}

int app_run(const struct ingestor_conf *conf, const struct conf_list *lists, struct err *e)
{
    struct app app = {0};
    if (build_local(&app, conf, lists, e) != 0 || start(&app, e) != 0) {
        release(&app);
        return -1;
    }
    serve(&app);
    struct drain_result left;
    drain_run(&app.service, app.server, &left);
    release(&app);
    LOG(LOG_INFO, "stopped", log_int("requests_purged", left.purged),
        log_int("requests_cut_off", left.cut_off), log_int("events_left", left.queued));
    return 0;
}

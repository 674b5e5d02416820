#include "ingestor/http/server.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/listen.h"
#include "ingestor/http/admit.h"
#include "ingestor/http/respond.h"
#include "ingestor/metrics.h"

/*
 * The library's callbacks. Each daemon has one thread, so everything here runs on the thread that
 * owns the loop it is given.
 */

#define BACKLOG 4096

struct port {
    struct MHD_Daemon *daemon;
    int fd;        /* -1: none */
    bool quiesced; /* the socket is ours again */
};

struct server {
    struct service *service;
    struct loop **loops;
    struct port *ports;
    size_t n;
};

/* --- requests --------------------------------------------------------------------------------- */

static void bump(_Atomic uint32_t *counter, uint32_t n)
{
    /* one writer: no locked instruction needed */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static enum MHD_Result take_field(void *arg, enum MHD_ValueKind kind, const char *name,
                                  size_t name_n, const char *value, size_t value_n)
{
    (void)kind;
    headers_add(arg, (struct str){name, name_n}, (struct str){value, value_n});
    return MHD_YES;
}

static enum MHD_Result send_answer(struct request *req)
{
    if (atomic_load_explicit(&req->loop->service->closing, memory_order_relaxed)) {
        req->answer.close = true;
    }
    return respond(req) == 0 ? MHD_YES : MHD_NO;
}

/* The header block is in. */
static enum MHD_Result begin(struct loop *l, struct MHD_Connection *c, const char *path,
                             const char *method, const char *version, void **context)
{
    struct request *req = request_pool_take(&l->pool);
    *context = req;
    bump(&l->open, 1);
    req->connection = c;
    req->begun_ns = clock_mono_ns();
    req->phase = REQUEST_READING;
    req->method = router_method(method);
    headers_begin(&req->headers);
    MHD_get_connection_values_n(c, MHD_HEADER_KIND, take_field, &req->headers);
    headers_end(&req->headers, version);
    request_set_id(req, req->headers.values[HEADER_REQUEST_ID], rng_next(&l->rng));
    admit(req, str_of(path));
    if (req->answer.status == 0) {
        return MHD_YES;
    }
    if (req->answer.close) {
        return send_answer(req);
    }
    req->phase = REQUEST_REFUSED;
    return MHD_YES;
}

/* Ends the connection with an answer that the library would not take here. */
static enum MHD_Result end_now(struct request *req, enum problem p)
{
    respond_raw(req, p);
    req->phase = REQUEST_ANSWERED;
    return MHD_NO;
}

static bool is_late(const struct request *req)
{
    int64_t limit_ns = req->loop->service->conf->http_body_timeout * NS_PER_MS;
    return clock_mono_ns() - req->begun_ns > limit_ns;
}

static void refuse_body(struct request *req, enum body_rc rc)
{
    req->phase = REQUEST_REFUSED;
    if (rc == BODY_TOO_LARGE) {
        answer_problem(req, PROBLEM_BODY_TOO_LARGE, "the body is longer than the cap of %lld bytes",
                       (long long)req->loop->service->conf->http_max_body);
    } else {
        answer_problem(req, PROBLEM_OVERLOADED, "too many bytes of bodies are held already");
    }
    body_release(&req->body);
}

/* A piece of the body. */
static enum MHD_Result feed(struct request *req, struct str piece)
{
    const struct service *s = req->loop->service;
    metrics_add(req->loop->shard, METRIC_BODY_BYTES, 0, piece.n);
    if (req->phase == REQUEST_READING) {
        const struct route *r = &s->routes[req->route];
        size_t limit = r->body ? (size_t)s->conf->http_max_body : 0;
        enum body_rc rc = body_add(&req->body, piece, limit);
        if (rc != BODY_OK) {
            refuse_body(req, rc);
        }
    }
    if (req->phase == REQUEST_REFUSED) {
        req->dropped += (int64_t)piece.n;
        if (req->dropped > s->conf->http_max_body) {
            return end_now(req, PROBLEM_BODY_TOO_LARGE);
        }
    }
    bool complete =
        req->headers.content_length >= 0 && (size_t)req->headers.content_length == req->body.n;
    return !complete && is_late(req) ? end_now(req, PROBLEM_TOO_SLOW) : MHD_YES;
}

/* The body is complete, or the request was resumed. */
static enum MHD_Result go_on(struct request *req)
{
    const struct route *r = &req->loop->service->routes[req->route];
    if (req->phase == REQUEST_READING) {
        r->handle(req);
        if (req->answer.status == 0) {
            assert(req->phase == REQUEST_WAITING);
            return MHD_YES;
        }
    } else if (req->phase == REQUEST_WAITING) {
        bump(&req->loop->inflight, UINT32_MAX); /* minus one */
        req->phase = REQUEST_RESUMED;
        r->resume(req);
    }
    return send_answer(req);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_n, void **context)
{
    struct request *req = *context;
    if (req == NULL) {
        return begin(arg, c, path, method, version, context);
    }
    assert(req->magic == REQUEST_MAGIC && req->loop == arg);
    if (*body_n > 0) {
        const struct str piece = {body, *body_n};
        *body_n = 0;
        return feed(req, piece);
    }
    return go_on(req);
}

static void write_access_line(const struct request *req, unsigned status, int64_t took_ns)
{
    static const char *const methods[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_OTHER] = "other"};
    const struct service *s = req->loop->service;
    LOG(LOG_DEBUG, "request", log_slice("request_id", request_id(req)),
        log_str("method", methods[req->method]),
        log_str("route", req->route < s->n_routes ? s->routes[req->route].pattern : NULL),
        log_slice("key_id", req->principal == NULL ? str_of("") : req->principal->id),
        log_int("status", (int64_t)status), log_int("accepted", req->intake.accepted),
        log_int("rejected", req->intake.rejected), log_int("took_us", took_ns / 1000));
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context,
                         enum MHD_RequestTerminationCode why)
{
    (void)c;
    (void)why;
    struct loop *l = arg;
    struct request *req = *context;
    if (req == NULL) {
        return; /* ended before the header block was in */
    }
    *context = NULL;
    assert(req->magic == REQUEST_MAGIC && req->phase != REQUEST_FREE);
    bump(&l->open, UINT32_MAX); /* minus one */
    if (req->phase == REQUEST_WAITING) {
        bump(&l->inflight, UINT32_MAX); /* resumed, but the client had left */
    }
    int64_t took_ns = clock_mono_ns() - req->begun_ns;
    bool answered = req->phase == REQUEST_ANSWERED;
    if (answered) {
        metrics_add(l->shard, METRIC_REQUESTS,
                    metrics_request_series(req->route, req->answer.status), 1);
        metrics_observe(l->shard, METRIC_REQUEST_SECONDS, req->route, took_ns);
    } else {
        metrics_add(l->shard, METRIC_CUT_OFF, 0, 1);
    }
    if (log_enabled(LOG_DEBUG)) {
        write_access_line(req, answered ? req->answer.status : 0, took_ns);
    }
    body_release(&req->body);
    if (delivery_finish(&req->delivery) == DELIVERY_RECYCLE) {
        request_pool_give(&l->pool, req);
    }
}

/* Leaves paths and queries as they came: what is percent-encoded matches no route. */
static size_t on_unescape(void *arg, struct MHD_Connection *c, char *text)
{
    (void)arg;
    (void)c;
    return strlen(text);
}

static void on_library_log(void *arg, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void on_library_log(void *arg, const char *fmt, va_list args)
{
    (void)arg;
    char text[256];
    vsnprintf(text, sizeof text, fmt, args);
    LOG(LOG_DEBUG, "http_library", log_str("text", text));
}

/* --- life ---------------------------------------------------------------------------------------
 */

static size_t thread_count(int64_t configured)
{
    if (configured > 0) {
        return (size_t)configured;
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : (size_t)cores;
}

struct server *server_new(struct service *service)
{
    struct server *s = mem_calloc(1, sizeof *s);
    s->service = service;
    s->n = thread_count(service->conf->http_threads);
    service->n_loops = s->n;
    s->loops = mem_calloc(s->n, sizeof(struct loop *));
    s->ports = mem_calloc(s->n, sizeof *s->ports);
    uint32_t share = (uint32_t)(((size_t)service->conf->http_max_inflight + s->n - 1) / s->n);
    for (size_t i = 0; i < s->n; i++) {
        uint64_t seed = (uint64_t)clock_wall_us() * s->n + i;
        s->loops[i] = loop_new(service, share, seed);
        s->ports[i].fd = -1;
    }
    return s;
}

static struct MHD_Daemon *start_daemon(const struct server *s, size_t i)
{
    const struct ingestor_conf *conf = s->service->conf;
    unsigned connections = (unsigned)(((size_t)s->service->connection_limit + s->n - 1) / s->n);
    unsigned timeout_s = (unsigned)((conf->http_connection_timeout + 999) / 1000);
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, s->loops[i], MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, s->ports[i].fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)conf->http_connection_memory, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        s->loops[i], MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
#if MHD_VERSION >= 0x00097701
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#else
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
#endif
        MHD_OPTION_END);
}

/* Sockets after the first share its port, which may have been 0 in the configuration. */
static int open_socket(struct server *s, size_t i, uint16_t *port, struct err *e)
{
    const char *address = s->service->conf->http_listen;
    char shared[512];
    if (i > 0) {
        const char *colon = strrchr(address, ':');
        size_t host = colon == NULL ? 0 : (size_t)(colon - address);
        snprintf(shared, sizeof shared, "%.*s:%u", (int)host, address, *port);
        address = shared;
    }
    s->ports[i].fd = listen_tcp(address, true, BACKLOG, port, e);
    return s->ports[i].fd < 0 ? -1 : 0;
}

/* Shared sockets would also join those of another process of the same user, and each would get a
 * part of the clients: somebody who listens already has to be met by a socket that does not share.
 */
static int check_alone(const struct server *s, struct err *e)
{
    uint16_t port = 0;
    int fd = listen_tcp(s->service->conf->http_listen, false, BACKLOG, &port, e);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    return 0;
}

int server_start(struct server *s, uint16_t *port, struct err *e)
{
    if (check_alone(s, e) != 0) {
        return -1;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (open_socket(s, i, port, e) != 0) {
            return -1;
        }
        s->ports[i].daemon = start_daemon(s, i);
        if (s->ports[i].daemon == NULL) {
            err_set(e, ERR_SYSTEM, "start HTTP thread %zu on \"%s\"", i,
                    s->service->conf->http_listen);
            return -1;
        }
    }
    return 0;
}

void server_quiesce(struct server *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->ports[i].daemon != NULL) {
            /* The socket is closed after the daemon's end: the library may still look at it */
            s->ports[i].quiesced = MHD_quiesce_daemon(s->ports[i].daemon) != MHD_INVALID_SOCKET;
        }
    }
}

void server_stop(struct server *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct port *p = &s->ports[i];
        bool ours = p->daemon == NULL || p->quiesced;
        if (p->daemon != NULL) {
            MHD_stop_daemon(p->daemon); /* closes the socket unless quiesced */
        }
        if (p->fd >= 0 && ours) {
            close(p->fd);
        }
        *p = (struct port){.fd = -1};
    }
}

void server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        loop_free(s->loops[i]);
    }
    mem_free(s->loops);
    mem_free(s->ports);
    mem_free(s);
}

struct loop *const *server_loops(const struct server *s, size_t *n)
{
    *n = s->n;
    return s->loops;
}

uint32_t server_connections(const struct server *s)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->ports[i].daemon != NULL) {
            const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(s->ports[i].daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS, NULL);
            sum += info == NULL ? 0 : info->num_connections;
        }
    }
    return sum;
}

uint32_t server_inflight(const struct server *s)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += atomic_load_explicit(&s->loops[i]->inflight, memory_order_relaxed);
    }
    return sum;
}

uint32_t server_open(const struct server *s)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += atomic_load_explicit(&s->loops[i]->open, memory_order_relaxed);
    }
    return sum;
}

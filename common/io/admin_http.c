#include "common/io/admin_http.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/listen.h"

/*
 * One libmicrohttpd daemon with one thread of its own. Every answer is built and queued in the
 * handler call; nothing is suspended.
 */

#define BODY_LIMIT ((size_t)4 << 20) /* exposition of some thousand series */
#define CONNECTIONS 64U              /* scrapers and probes, not the public */
#define IDLE_TIMEOUT_S 75U           /* longer than a balancer's 60 s, so that it closes first */
#define BACKLOG 64

static const char TEXT_PLAIN[] = "text/plain; charset=utf-8";
static const char TEXT_METRICS[] = "text/plain; version=0.0.4; charset=utf-8";

struct admin_http {
    struct MHD_Daemon *daemon;
    struct admin_callbacks cb;
};

struct answer {
    unsigned status;
    const char *content_type;
    struct buf body;
};

static void answer_text(struct answer *a, unsigned status, const char *text)
{
    a->status = status;
    buf_reset(&a->body);
    if (buf_add_str(&a->body, str_of(text)) != 0) {
        a->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
}

static void route_livez(struct admin_http *h, bool verbose, struct answer *a)
{
    (void)h;
    (void)verbose;
    answer_text(a, MHD_HTTP_OK, "ok\n");
}

static void route_readyz(struct admin_http *h, bool verbose, struct answer *a)
{
    bool ready = h->cb.ready(h->cb.arg, &a->body);
    a->status = ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    if (ready && !verbose) {
        answer_text(a, a->status, "ok\n");
    } else if (buf_add_str(&a->body, str_of(ready ? "ready\n" : "not ready\n")) != 0) {
        answer_text(a, MHD_HTTP_INTERNAL_SERVER_ERROR, "too many checks\n");
    }
}

static void route_metrics(struct admin_http *h, bool verbose, struct answer *a)
{
    (void)verbose;
    a->status = MHD_HTTP_OK;
    a->content_type = TEXT_METRICS;
    if (h->cb.metrics(h->cb.arg, &a->body) != 0) {
        a->content_type = TEXT_PLAIN;
        answer_text(a, MHD_HTTP_INTERNAL_SERVER_ERROR, "exposition too long\n");
    }
}

static const struct route {
    const char *path;
    void (*run)(struct admin_http *h, bool verbose, struct answer *a);
} ROUTES[] = {
    {"/livez", route_livez},
    {"/healthz", route_livez},
    {"/readyz", route_readyz},
    {"/metrics", route_metrics},
};

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(ROUTES); i++) {
        if (strcmp(path, ROUTES[i].path) == 0) {
            return &ROUTES[i];
        }
    }
    return NULL;
}

static enum MHD_Result queue_answer(struct MHD_Connection *c, struct answer *a)
{
    size_t n = 0;
    void *body = buf_take(&a->body, &n);
    struct MHD_Response *r = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_COPY);
    mem_free(body);
    if (r == NULL) {
        return MHD_NO;
    }
    enum MHD_Result rc = MHD_add_response_header(r, "Content-Type", a->content_type);
    if (rc == MHD_YES && a->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        rc = MHD_add_response_header(r, "Allow", "GET, HEAD");
    }
    if (rc == MHD_YES) {
        rc = MHD_queue_response(c, a->status, r);
    }
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_n, void **request)
{
    (void)version;
    (void)body;
    static char seen; /* its address marks a request whose headers were seen */
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*body_n > 0) {
        *body_n = 0;
        return MHD_YES;
    }
    struct admin_http *h = arg;
    struct answer a = {.content_type = TEXT_PLAIN};
    buf_init(&a.body, BODY_LIMIT);
    const struct route *r = find_route(path);
    if (r == NULL) {
        answer_text(&a, MHD_HTTP_NOT_FOUND, "not found\n");
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        answer_text(&a, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    } else {
        bool verbose = MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, "verbose",
                                                     strlen("verbose"), NULL, NULL) == MHD_YES;
        r->run(h, verbose, &a);
    }
    enum MHD_Result rc = queue_answer(c, &a);
    buf_release(&a.body);
    return rc;
}

static void on_library_log(void *arg, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void on_library_log(void *arg, const char *fmt, va_list args)
{
    (void)arg;
    char text[256];
    vsnprintf(text, sizeof text, fmt, args);
    LOG(LOG_DEBUG, "admin_http_library", log_str("text", text));
}

struct admin_http *admin_http_start(const char *listen, const struct admin_callbacks *cb,
                                    uint16_t *port, struct err *e)
{
    int fd = listen_tcp(listen, false, BACKLOG, port, e);
    if (fd < 0) {
        return NULL;
    }
    struct admin_http *h = mem_calloc(1, sizeof *h);
    h->cb = *cb;
    h->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                                 on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
                                 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                 CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
                                 MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (h->daemon == NULL) {
        err_set(e, ERR_SYSTEM, "start the admin server on \"%s\"", listen);
        close(fd);
        mem_free(h);
        return NULL;
    }
    return h;
}

void admin_http_stop(struct admin_http *h)
{
    if (h == NULL) {
        return;
    }
    MHD_stop_daemon(h->daemon);
    mem_free(h);
}

#include "ingestor/http/respond.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/socket.h>

#define RAW_MAX 1024 /* a problem document without errors and its header block */

static int header(struct MHD_Response *r, const char *name, const char *value)
{
    return MHD_add_response_header(r, name, value) == MHD_YES ? 0 : -1;
}

static int add_headers(struct MHD_Response *r, const struct request *req)
{
    const struct answer *a = &req->answer;
    if (a->content_type != NULL && header(r, "Content-Type", a->content_type) != 0) {
        return -1;
    }
    if (a->retry_after > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", a->retry_after);
        if (header(r, "Retry-After", seconds) != 0) {
            return -1;
        }
    }
    if (a->challenge != NULL && header(r, "WWW-Authenticate", a->challenge) != 0) {
        return -1;
    }
    if (a->allow[0] != '\0' && header(r, "Allow", a->allow) != 0) {
        return -1;
    }
    return a->close ? header(r, "Connection", "close") : 0;
}

int respond(struct request *req)
{
    struct answer *a = &req->answer;
    assert(a->status != 0);
    union {
        const char *borrowed;
        void *for_library; /* persistent: never written */
    } fixed = {.borrowed = a->fixed.p};
    bool is_fixed = a->fixed.n > 0;
    /* The bytes stay where they are until the request is completed, which is after the last send */
    struct MHD_Response *r = MHD_create_response_from_buffer(
        is_fixed ? a->fixed.n : a->out.n, is_fixed ? fixed.for_library : a->out.p,
        MHD_RESPMEM_PERSISTENT);
    if (r == NULL) {
        return -1;
    }
    int rc = add_headers(r, req);
    if (rc == 0 && MHD_queue_response(req->connection, a->status, r) != MHD_YES) {
        rc = -1;
    }
    MHD_destroy_response(r);
    if (rc == 0) {
        req->phase = REQUEST_ANSWERED;
    }
    return rc;
}

void respond_raw(struct request *req, enum problem p)
{
    answer_problem(req, p, NULL);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL) {
        return;
    }
    char text[RAW_MAX];
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n%.*s",
                     req->answer.status, problem_type(p)->title, req->answer.content_type,
                     req->answer.out.n, (int)req->answer.out.n, req->answer.out.p);
    if (n > 0 && n < RAW_MAX) {
        ssize_t sent = send(info->connect_fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent; /* the connection ends in any case */
    }
}

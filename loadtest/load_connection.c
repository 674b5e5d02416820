/*
 * Sockets of the load thread: connect with backoff, write, read, parse. One request under way per
 * connection. Knows nothing about what answers mean.
 */
#include "loadtest/load_internal.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/contract/json.h"

#define CONNECT_TIMEOUT_NS (5 * NS_PER_S)
#define BACKOFF_BASE_MS 20
#define BACKOFF_MAX_MS 1000

static void watch(struct load *l, struct connection *c, int op, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = c};
    if (epoll_ctl(l->epoll, op, c->fd, &ev) != 0) {
        struct err e;
        err_set_errno(&e, ERR_SYSTEM, errno, "epoll_ctl");
        load_fail(l, &e);
    }
}

static void leave_connecting(struct load *l, const struct connection *c)
{
    if (c->state == CONNECTION_CONNECTING) {
        l->connecting--;
    }
}

void load_connection_close(struct load *l, struct connection *c)
{
    leave_connecting(l, c);
    if (c->fd >= 0) {
        (void)close(c->fd);
        c->fd = -1;
    }
    c->state = CONNECTION_DOWN;
    c->want_out = false;
    buf_release(&c->in);
}

/* The socket is of no more use; the first time in a row a new one is made at once. */
static void down(struct load *l, struct connection *c, int64_t now_ns)
{
    load_connection_close(l, c);
    c->wake_ns = now_ns;
    if (c->failures > 0) {
        unsigned attempt = c->failures > 16 ? 16 : c->failures;
        c->wake_ns += NS_PER_MS *
                      clock_backoff_ms(attempt, BACKOFF_BASE_MS, BACKOFF_MAX_MS, rng_next(&l->rng));
    }
    c->failures++;
    if (c->wake_ns == now_ns && l->connecting < LOAD_CONNECTING_MAX && load_sending(l, now_ns)) {
        load_connection_open(l, c, now_ns);
    }
}

static void connect_failed(struct load *l, struct connection *c, int64_t now_ns)
{
    l->stats.connects_failed++;
    c->failures += c->failures == 0;
    down(l, c, now_ns);
}

void load_connection_open(struct load *l, struct connection *c, int64_t now_ns)
{
    c->fd = target_connect(l->conf.target);
    if (c->fd < 0) {
        connect_failed(l, c, now_ns);
        return;
    }
    c->state = CONNECTION_CONNECTING;
    c->wake_ns = now_ns + CONNECT_TIMEOUT_NS;
    l->connecting++;
    watch(l, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void connected(struct load *l, struct connection *c, int64_t now_ns)
{
    int why = 0;
    socklen_t n = sizeof why;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &why, &n) != 0 || why != 0) {
        connect_failed(l, c, now_ns);
        return;
    }
    leave_connecting(l, c);
    l->stats.connects++;
    c->state = CONNECTION_IDLE;
    c->free_ns = now_ns;
    watch(l, c, EPOLL_CTL_MOD, EPOLLIN);
    load_connection_next(l, c, now_ns);
}

/* The peer is gone. */
static void lost(struct load *l, struct connection *c, int64_t now_ns)
{
    if (c->state == CONNECTION_BUSY) {
        if (c->sent > 0) {
            l->stats.resets++;
            load_request_unanswered(l, c, false, now_ns);
        } else {
            c->attempts--; /* no byte left: it is simply still to be sent */
        }
    }
    down(l, c, now_ns);
}

static void write_request(struct load *l, struct connection *c)
{
    size_t left = c->request.end - c->request.start - c->sent;
    const char *p = c->request.memory + c->request.start + c->sent;
    ssize_t n = send(c->fd, p, left, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        lost(l, c, clock_mono_ns());
        return;
    }
    if (n > 0) {
        c->sent += (size_t)n;
        left -= (size_t)n;
    }
    if ((left > 0) != c->want_out) {
        c->want_out = left > 0;
        watch(l, c, EPOLL_CTL_MOD, left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

static void send_request(struct load *l, struct connection *c)
{
    /* Read here, not taken from the loop: filling and earlier sends took time. */
    int64_t now_ns = clock_mono_ns();
    if (c->attempts == 0 && l->conf.rate > 0) {
        int64_t lag_ns = schedule_lag_ns(c->due_ns, c->free_ns, now_ns);
        histogram_record(l->stats.lag, lag_ns, 1);
        l->stats.late += lag_ns > STATS_LATE_NS;
    }
    l->stats.attempts++;
    c->attempts++;
    c->state = CONNECTION_BUSY;
    c->sent = 0;
    c->sent_ns = now_ns;
    c->wake_ns = now_ns + l->conf.timeout_ms * NS_PER_MS;
    http_begin(&c->response);
    buf_reset(&c->in);
    write_request(l, c);
}

void load_connection_next(struct load *l, struct connection *c, int64_t now_ns)
{
    c->state = CONNECTION_IDLE;
    if (!load_sending(l, now_ns)) {
        return;
    }
    if (c->loaded && c->resend_ns > now_ns) {
        c->state = CONNECTION_PAUSED;
        c->wake_ns = c->resend_ns;
        return;
    }
    if (c->loaded || load_request_fill(l, c, now_ns)) {
        send_request(l, c);
    }
}

/* Done with an answer of used of the n bytes that came. */
static void answered(struct load *l, struct connection *c, const char *p, size_t n, int64_t now_ns)
{
    bool whole = c->sent == c->request.end - c->request.start;
    bool reusable = whole && !c->response.close && c->response.used == n;
    load_request_answered(l, c, p, now_ns);
    c->failures = 0;
    c->free_ns = now_ns;
    if (c->in.cap > LOAD_SCRATCH) {
        buf_release(&c->in);
    }
    if (reusable) {
        load_connection_next(l, c, now_ns);
    } else {
        down(l, c, now_ns);
    }
}

static void parse(struct load *l, struct connection *c, char *p, size_t n, int64_t now_ns)
{
    enum http_rc rc = http_parse(&c->response, p, n);
    if (rc == HTTP_DONE) {
        answered(l, c, p, n, now_ns);
        return;
    }
    if (rc == HTTP_MORE) {
        if (p != l->scratch) {
            return;
        }
        if (buf_add(&c->in, p, n) == 0) {
            return;
        }
    }
    l->stats.bad_answers++;
    load_request_unanswered(l, c, false, now_ns);
    down(l, c, now_ns);
}

static void read_answer(struct load *l, struct connection *c)
{
    char *to = l->scratch;
    if (c->in.n > 0) {
        to = buf_reserve(&c->in, LOAD_SCRATCH / 4 + JSON_PADDING);
        if (to == NULL) {
            l->stats.bad_answers++;
            lost(l, c, clock_mono_ns());
            return;
        }
    }
    ssize_t n = recv(c->fd, to, c->in.n > 0 ? LOAD_SCRATCH / 4 : LOAD_SCRATCH, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    int64_t now_ns = clock_mono_ns();
    if (n <= 0 || c->state != CONNECTION_BUSY) {
        lost(l, c, now_ns); /* also: bytes that no request asked for */
    } else if (to == l->scratch) {
        parse(l, c, to, (size_t)n, now_ns);
    } else {
        c->in.n += (size_t)n;
        parse(l, c, c->in.p, c->in.n, now_ns);
    }
}

void load_connection_event(struct load *l, struct connection *c, uint32_t events)
{
    if (c->state == CONNECTION_CONNECTING) {
        connected(l, c, clock_mono_ns());
        return;
    }
    if ((events & EPOLLOUT) != 0 && c->want_out) {
        write_request(l, c);
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && c->fd >= 0) {
        read_answer(l, c);
    }
}

void load_connection_wake(struct load *l, struct connection *c, int64_t now_ns)
{
    switch ((enum connection_state)c->state) {
    case CONNECTION_DOWN:
        load_connection_open(l, c, now_ns);
        break;
    case CONNECTION_CONNECTING:
        connect_failed(l, c, now_ns);
        break;
    case CONNECTION_BUSY:
        l->stats.timeouts++;
        load_request_unanswered(l, c, true, now_ns);
        down(l, c, now_ns);
        break;
    case CONNECTION_PAUSED:
        load_connection_next(l, c, now_ns);
        break;
    case CONNECTION_IDLE:
        break;
    }
}

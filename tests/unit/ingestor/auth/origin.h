/*
 * A server on loopback for one key set: answers every request with what was set last, counts them.
 */
#ifndef TIDEGATE_TESTS_INGESTOR_AUTH_ORIGIN_H
#define TIDEGATE_TESTS_INGESTOR_AUTH_ORIGIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"

#define ORIGIN_WAIT_MS 10000

struct origin {
    int fd;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    struct buf answer; /* under lock: header block and body */
    atomic_uint requests;
    atomic_bool stop;
};

static inline void origin_serve(struct origin *o, int fd)
{
    char request[4096];
    size_t n = 0;
    while (n < sizeof request - 1) {
        const ssize_t got = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (got <= 0) {
            return;
        }
        n += (size_t)got;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL) {
            break;
        }
    }
    pthread_mutex_lock(&o->lock);
    for (size_t at = 0; at < o->answer.n;) {
        const ssize_t sent = send(fd, o->answer.p + at, o->answer.n - at, MSG_NOSIGNAL);
        if (sent <= 0) {
            break;
        }
        at += (size_t)sent;
    }
    pthread_mutex_unlock(&o->lock);
    atomic_fetch_add(&o->requests, 1);
}

static inline void *origin_run(void *arg)
{
    struct origin *o = arg;
    while (!atomic_load(&o->stop)) {
        struct pollfd p = {.fd = o->fd, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0) {
            continue;
        }
        const int fd = accept(o->fd, NULL, NULL);
        if (fd >= 0) {
            origin_serve(o, fd);
            close(fd);
        }
    }
    return NULL;
}

static inline void origin_init(struct origin *o)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof address;
    memset(o, 0, sizeof *o);
    o->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(o->fd >= 0);
    assert_int_equal(bind(o->fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(o->fd, 8), 0);
    assert_int_equal(getsockname(o->fd, (struct sockaddr *)&address, &n), 0);
    snprintf(o->url, sizeof o->url, "http://127.0.0.1:%u/jwks", ntohs(address.sin_port));
    buf_init(&o->answer, 1U << 22);
    pthread_mutex_init(&o->lock, NULL);
    assert_int_equal(pthread_create(&o->thread, NULL, origin_run, o), 0);
}

static inline void origin_release(struct origin *o)
{
    atomic_store(&o->stop, true);
    pthread_join(o->thread, NULL);
    close(o->fd);
    buf_release(&o->answer);
    pthread_mutex_destroy(&o->lock);
}

/* status is "200 OK"; headers end with \r\n each, or are "". */
static inline void origin_set(struct origin *o, const char *status, const char *headers,
                              struct str body)
{
    pthread_mutex_lock(&o->lock);
    buf_reset(&o->answer);
    assert_int_equal(buf_addf(&o->answer,
                              "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n",
                              status, body.n, headers),
                     0);
    assert_int_equal(buf_add_str(&o->answer, body), 0);
    pthread_mutex_unlock(&o->lock);
}

#endif

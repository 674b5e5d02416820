#include "common/io/health_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/io/listen.h"

/*
 * A blocking HTTP/1.1 client for one small answer, on the caller's thread. It speaks to our own
 * admin port only, so it reads the status line and shows the rest as it came.
 */

#define ANSWER_MAX 2048 /* bytes; the verbose answer of /readyz has a line a check */
#define REQUEST_MAX 512

/* Waits for the events until the deadline (clock_mono_ns). 0, or -1 with errno. */
static int wait_socket(int fd, short events, int64_t deadline_ns)
{
    int64_t left_ms = (deadline_ns - clock_mono_ns()) / NS_PER_MS;
    struct pollfd p = {.fd = fd, .events = events};
    int rc = left_ms <= 0 ? 0 : poll(&p, 1, (int)left_ms);
    if (rc == 0) {
        errno = ETIMEDOUT;
    }
    return rc > 0 ? 0 : -1;
}

/* Descriptor, or -1 with errno. */
static int open_connection(const struct addrinfo *a, int64_t deadline_ns)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return -1;
    }
    int failure = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    if (failure == EINPROGRESS) {
        socklen_t n = sizeof failure;
        if (wait_socket(fd, POLLOUT, deadline_ns) != 0 ||
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &n) != 0) {
            failure = errno;
        }
    }
    if (failure != 0) {
        close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

/* Connects to the first address of the text that answers. Descriptor, or -1 with e. */
static int connect_listen(const char *listen, int64_t deadline_ns, struct err *e)
{
    char host[LISTEN_HOST_MAX];
    const char *port = NULL;
    if (listen_split(listen, host, &port, e) != 0) {
        return -1;
    }
    /* Without AI_PASSIVE no host means loopback; Linux connects 0.0.0.0 and :: to it too. */
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &found);
    if (rc != 0) {
        err_set(e, ERR_CONFIG, "connect %s: %s", listen, gai_strerror(rc));
        return -1;
    }
    int fd = -1;
    int failure = 0;
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = open_connection(a, deadline_ns);
        failure = errno;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        err_set_errno(e, failure == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAILABLE, failure,
                      "connect %s", listen);
    }
    return fd;
}

/* Sends the request and reads to the end of the connection or of the buffer. 0, or -1 with errno.
 */
static int exchange(int fd, const char *path, char answer[ANSWER_MAX], int64_t deadline_ns)
{
    char request[REQUEST_MAX];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (n < 0 || (size_t)n >= sizeof request) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* So few bytes always fit into the buffer of a fresh connection. */
    if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n) {
        return -1;
    }
    size_t used = 0;
    while (used + 1 < ANSWER_MAX) {
        if (wait_socket(fd, POLLIN, deadline_ns) != 0) {
            return -1;
        }
        ssize_t got = recv(fd, answer + used, ANSWER_MAX - 1 - used, 0);
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
    }
    answer[used] = '\0';
    return 0;
}

/* 0 for a 200; else -1 with the status line and the body in e. */
static int judge(const char *listen, const char *path, char *answer, struct err *e)
{
    static const char ok[] = "HTTP/1.1 200 ";
    if (strncmp(answer, ok, sizeof ok - 1) == 0) {
        return 0;
    }
    char *body = strstr(answer, "\r\n\r\n");
    body = body == NULL ? answer + strlen(answer) : body + 4;
    for (char *p = body; *p != '\0'; p++) {
        if (*p == '\n') {
            *p = p[1] == '\0' ? '\0' : ' ';
        }
    }
    int status_length = (int)strcspn(answer, "\r\n");
    err_set(e, ERR_UNAVAILABLE, "GET %s%s: %.*s: %s", listen, path, status_length, answer, body);
    return -1;
}

int health_probe(const char *listen, const char *path, int timeout_ms, struct err *e)
{
    int64_t deadline_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    int fd = connect_listen(listen, deadline_ns, e);
    if (fd < 0) {
        return -1;
    }
    char answer[ANSWER_MAX];
    int rc = exchange(fd, path, answer, deadline_ns);
    if (rc != 0) {
        err_set_errno(e, errno == ETIMEDOUT ? ERR_TIMEOUT : ERR_IO, errno, "GET %s%s", listen,
                      path);
    }
    close(fd);
    return rc != 0 ? -1 : judge(listen, path, answer, e);
}

#include "common/io/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Splits the address, looks the host up and takes the first result that can be bound. Knows nothing
 * about what will be spoken on the socket.
 */

int listen_split(const char *address, char host[LISTEN_HOST_MAX], const char **port, struct err *e)
{
    const char *begin = address;
    const char *end = strrchr(address, ':');
    if (end == NULL) {
        err_set(e, ERR_CONFIG, "listen on \"%s\": expected host:port", address);
        return -1;
    }
    *port = end + 1;
    if (*begin == '[') {
        begin++;
        if (end == begin || end[-1] != ']') {
            err_set(e, ERR_CONFIG, "listen on \"%s\": expected [IPv6]:port", address);
            return -1;
        }
        end--;
    } else if (memchr(begin, ':', (size_t)(end - begin)) != NULL) {
        err_set(e, ERR_CONFIG, "listen on \"%s\": write an IPv6 address as [address]:port",
                address);
        return -1;
    }
    size_t n = (size_t)(end - begin);
    if (n >= LISTEN_HOST_MAX) {
        err_set(e, ERR_CONFIG, "listen on \"%s\": host name too long", address);
        return -1;
    }
    memcpy(host, begin, n);
    host[n] = '\0';
    return 0;
}

static int check_port(const char *address, const char *port, struct err *e)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(port, &end, 10);
    if (*port < '0' || *port > '9' || *end != '\0' || errno != 0 || value > UINT16_MAX) {
        err_set(e, ERR_CONFIG, "listen on \"%s\": port must be 0 to 65535", address);
        return -1;
    }
    return 0;
}

static int bound_port(int fd, uint16_t *port)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        return -1;
    }
    if (a.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &a, sizeof in6);
        *port = ntohs(in6.sin6_port);
    } else {
        struct sockaddr_in in4;
        memcpy(&in4, &a, sizeof in4);
        *port = ntohs(in4.sin_port);
    }
    return 0;
}

/* Descriptor, or -1 with errno. */
static int open_one(const struct addrinfo *a, bool share, int backlog, uint16_t *port)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return -1;
    }
    const int one = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (!share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0) &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, backlog) == 0 &&
        bound_port(fd, port) == 0) {
        return fd;
    }
    int errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

int listen_tcp(const char *address, bool share, int backlog, uint16_t *port, struct err *e)
{
    char host[LISTEN_HOST_MAX];
    const char *service = NULL;
    if (listen_split(address, host, &service, e) != 0 || check_port(address, service, e) != 0) {
        return -1;
    }
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host[0] == '\0' ? NULL : host, service, &hints, &found);
    if (rc != 0) {
        err_set(e, ERR_CONFIG, "listen on \"%s\": %s", address, gai_strerror(rc));
        return -1;
    }
    int fd = -1;
    int errnum = 0;
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = open_one(a, share, backlog, port);
        errnum = errno;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errnum, "listen on \"%s\"", address);
    }
    return fd;
}

/*
 * URL, look-up and sockets. Plain HTTP only; a proxy or a tunnel can add TLS.
 */
#include "loadtest/target.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define HEAD_MAX 8192 /* bytes: servers refuse longer ones */

struct url {
    struct str host; /* without brackets */
    struct str port;
    struct str authority; /* as it goes into Host */
    struct str path;
};

static int bad_url(const char *url, const char *why, struct err *e)
{
    err_set(e, ERR_USAGE, "--url %s: %s", url, why);
    return -1;
}

static int split_authority(const char *text, struct url *u, struct err *e)
{
    const char *p = u->authority.p;
    const char *end = p + u->authority.n;
    const char *after; /* of the host */
    if (p < end && *p == '[') {
        const char *close = memchr(p, ']', (size_t)(end - p));
        if (close == NULL) {
            return bad_url(text, "[ without ]", e);
        }
        u->host = (struct str){p + 1, (size_t)(close - p) - 1};
        after = close + 1;
    } else {
        const char *colon = memchr(p, ':', u->authority.n);
        after = colon == NULL ? end : colon;
        u->host = (struct str){p, (size_t)(after - p)};
    }
    u->port = str_of("80");
    if (after < end) {
        u->port = (struct str){after + 1, (size_t)(end - after) - 1};
    }
    if (u->host.n == 0 || u->port.n == 0 || (after < end && *after != ':')) {
        return bad_url(text, "expected http://host:port", e);
    }
    for (size_t i = 0; i < u->port.n; i++) {
        if (u->port.p[i] < '0' || u->port.p[i] > '9') {
            return bad_url(text, "the port is no number", e);
        }
    }
    return 0;
}

static int split_url(const char *text, struct url *u, struct err *e)
{
    static const char scheme[] = "http://";
    if (strncasecmp(text, "https://", 8) == 0) {
        return bad_url(text, "https is not supported, only http", e);
    }
    if (strncasecmp(text, scheme, sizeof scheme - 1) != 0) {
        return bad_url(text, "expected http://host:port", e);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c == 0x7f || *c == '@' || *c == '#') {
            return bad_url(text, "blank, control character, @ or # in it", e);
        }
    }
    const char *p = text + sizeof scheme - 1;
    size_t n = strcspn(p, "/?");
    u->authority = (struct str){p, n};
    u->path = str_of(p + n);
    if (u->path.n > 0 && u->path.p[0] == '?') {
        return bad_url(text, "a query needs a path before it", e);
    }
    return split_authority(text, u, e);
}

static int resolve(struct target *t, const struct url *u, struct err *e)
{
    char host[256];
    char port[8];
    if (u->host.n >= sizeof host || u->port.n >= sizeof port) {
        err_set(e, ERR_USAGE, "--url: host or port too long");
        return -1;
    }
    memcpy(host, u->host.p, u->host.n);
    host[u->host.n] = '\0';
    memcpy(port, u->port.p, u->port.n);
    port[u->port.n] = '\0';
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc != 0) {
        err_set(e, ERR_UNAVAILABLE, "look up %s: %s", t->name, gai_strerror(rc));
        return -1;
    }
    memcpy(t->address, found->ai_addr, found->ai_addrlen);
    t->address_n = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int write_head(struct target *t, const struct url *u, const struct target_conf *conf,
                      struct err *e)
{
    struct buf b;
    buf_init(&b, HEAD_MAX);
    bool bare = u->path.n == 0 || (u->path.n == 1 && u->path.p[0] == '/');
    struct str path = bare ? str_of(conf->path) : u->path;
    int rc = buf_addf(&b, "POST %.*s HTTP/1.1\r\nHost: %.*s\r\nContent-Type: %s\r\n", (int)path.n,
                      path.p, (int)u->authority.n, u->authority.p, conf->content_type);
    if (rc == 0 && conf->api_key != NULL) {
        rc = buf_addf(&b, "X-API-Key: %s\r\n", conf->api_key);
    }
    if (rc == 0) {
        rc = buf_addf(&b, "Content-Length: ");
    }
    if (rc != 0) {
        buf_release(&b);
        err_set(e, ERR_USAGE, "--url or --api-key: too long");
        return -1;
    }
    t->head = buf_take(&b, &t->head_n);
    return 0;
}

int target_init(struct target *t, const struct target_conf *conf, struct err *e)
{
    *t = (struct target){.address_n = 0};
    struct url u;
    if (split_url(conf->url, &u, e) != 0) {
        return -1;
    }
    if (conf->api_key != NULL && strpbrk(conf->api_key, " \t\r\n") != NULL) {
        err_set(e, ERR_USAGE, "--api-key: blank or line end in it");
        return -1;
    }
    t->name = mem_strndup(u.authority.p, u.authority.n);
    if (write_head(t, &u, conf, e) != 0) {
        return -1;
    }
    return resolve(t, &u, e);
}

void target_release(struct target *t)
{
    if (t->head != NULL) {
        mem_wipe(t->head, t->head_n); /* the key is in it */
    }
    mem_free(t->head);
    mem_free(t->name);
    *t = (struct target){.address_n = 0};
}

int target_connect(const struct target *t)
{
    const struct sockaddr *a = (const struct sockaddr *)(const void *)t->address;
    int fd = socket(a->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, a, t->address_n) != 0 && errno != EINPROGRESS) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int target_probe(const struct target *t, int timeout_ms, struct err *e)
{
    int fd = target_connect(t);
    int why = fd < 0 ? errno : 0;
    if (fd >= 0) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        socklen_t n = sizeof why;
        if (poll(&p, 1, timeout_ms) <= 0) {
            why = ETIMEDOUT;
        } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) != 0) {
            why = errno;
        }
        (void)close(fd);
    }
    if (why != 0) {
        err_set_errno(e, ERR_UNAVAILABLE, why, "connect %s", t->name);
        return -1;
    }
    return 0;
}

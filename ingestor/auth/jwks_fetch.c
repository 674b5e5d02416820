#include "ingestor/auth/jwks_fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ingestor/auth/jwks_schedule.h"

/* libcurl on the thread of jwks_source.c. */

#define READ_STEP 16384

bool jwks_is_url(const char *location)
{
    return strstr(location, "://") != NULL;
}

static bool is_this_machine(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* NULL when the parts are allowed, else why not. */
static const char *judge_url(CURLU *parts)
{
    const char *why = NULL;
    char *scheme = NULL;
    char *host = NULL;
    char *user = NULL;
    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        why = "not a URL";
    } else if (curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK) {
        why = "a user in the URL would reach logs";
    } else if (strcmp(scheme, "http") == 0) {
        why = is_this_machine(host) ? NULL : "http is for this machine only, use https";
    } else if (strcmp(scheme, "https") != 0) {
        why = "the scheme must be https";
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    return why;
}

int jwks_check_url(const char *url, struct err *e)
{
    CURLU *parts = curl_url();
    const char *why = "out of memory";
    if (parts != NULL) {
        /* Without CURLU_NON_SUPPORT_SCHEME: a scheme that libcurl lacks is none of ours either. */
        why = curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ? "not a URL"
                                                                      : judge_url(parts);
    }
    curl_url_cleanup(parts);
    if (why != NULL) {
        err_set(e, ERR_CONFIG, "key set URL: %s", why);
        return -1;
    }
    return 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;
    return buf_add(body, p, size * n) == 0 ? size * n : 0;
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    static const char name[] = "cache-control:";
    const size_t skip = sizeof name - 1;
    size_t length = size * n;
    if (length > skip && strncasecmp(p, name, skip) == 0) {
        int64_t *max_age_s = arg;
        while (length > skip && (p[length - 1] == '\r' || p[length - 1] == '\n')) {
            length--;
        }
        *max_age_s = jwks_max_age_s((struct str){p + skip, length - skip});
    }
    return size * n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const _Atomic bool *stop = arg;
    return atomic_load_explicit(stop, memory_order_relaxed) ? 1 : 0;
}

static CURLcode set_limits(CURL *curl, const struct jwks_fetch *f, const char *protocols)
{
    CURLcode rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)f->timeout_ms);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    rc = rc != CURLE_OK ? rc
                        : curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (rc == CURLE_OK && f->ca_file != NULL) {
        rc = curl_easy_setopt(curl, CURLOPT_CAINFO, f->ca_file);
    }
    /* Nobody between us and this machine. */
    if (rc == CURLE_OK && strcmp(protocols, "http") == 0) {
        rc = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (rc == CURLE_OK && f->stop != NULL) {
        rc = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_XFERINFODATA, f->stop);
        rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    }
    return rc;
}

static CURLcode exchange(CURL *curl, const struct jwks_fetch *f, struct buf *body,
                         int64_t *max_age_s, long *status)
{
    const bool plain = strncasecmp(f->url, "http:", 5) == 0;
    CURLcode rc = set_limits(curl, f, plain ? "http" : "https");
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_URL, f->url);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, CURLOPT_HEADERDATA, max_age_s);
    rc = rc != CURLE_OK ? rc : curl_easy_perform(curl);
    return rc != CURLE_OK ? rc : curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
}

int jwks_fetch(const struct jwks_fetch *f, struct buf *body, int64_t *max_age_s, struct err *e)
{
    *max_age_s = -1;
    if (jwks_check_url(f->url, e) != 0) {
        return -1;
    }
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        err_set(e, ERR_SYSTEM, "fetch key set: libcurl does not start");
        return -1;
    }
    char detail[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    long status = 0;
    const CURLcode rc = exchange(curl, f, body, max_age_s, &status);
    curl_easy_cleanup(curl);
    if (rc == CURLE_WRITE_ERROR) {
        err_set(e, ERR_LIMIT, "fetch key set: longer than %zu bytes", body->limit);
        return -1;
    }
    if (rc != CURLE_OK) {
        err_set(e, rc == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAILABLE,
                "fetch key set: %s", detail[0] == '\0' ? curl_easy_strerror(rc) : detail);
        return -1;
    }
    if (status != 200) {
        err_set(e, ERR_UNAVAILABLE, "fetch key set: status %ld", status);
        return -1;
    }
    return 0;
}

int jwks_read_file(const char *path, struct buf *body, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0) {
        char *p = buf_reserve(body, READ_STEP);
        if (p == NULL) {
            err_set(e, ERR_LIMIT, "read key set %s: longer than %zu bytes", path,
                    body->limit - READ_STEP);
            (void)close(fd);
            return -1;
        }
        got = read(fd, p, READ_STEP);
        body->n += got > 0 ? (size_t)got : 0;
    }
    const int failure = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (got < 0) {
        err_set_errno(e, ERR_CONFIG, failure, "read key set %s", path);
        return -1;
    }
    return 0;
}

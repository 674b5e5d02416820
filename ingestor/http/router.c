#include "ingestor/http/router.h"

#include <stdio.h>
#include <string.h>

enum http_method router_method(const char *method)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {{"POST", HTTP_POST}, {"GET", HTTP_GET}, {"HEAD", HTTP_HEAD}};
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (strcmp(method, methods[i].name) == 0) {
            return methods[i].method;
        }
    }
    return HTTP_OTHER;
}

/* What a {…} segment takes: one or more unreserved bytes (RFC 3986), so nothing encoded. */
static bool is_segment(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (!plain) {
            return false;
        }
    }
    return s.n > 0;
}

static bool path_matches(const char *pattern, struct str path, struct str *param)
{
    size_t fixed = strcspn(pattern, "{");
    *param = (struct str){NULL, 0};
    if (path.n < fixed || memcmp(path.p, pattern, fixed) != 0) {
        return false;
    }
    if (pattern[fixed] == '\0') {
        return path.n == fixed;
    }
    *param = (struct str){path.p + fixed, path.n - fixed};
    return is_segment(*param);
}

static bool serves(const struct route *r, enum http_method method)
{
    return r->method == method || (r->method == HTTP_GET && method == HTTP_HEAD);
}

static void add_allow(char allow[ROUTER_ALLOW_MAX], enum http_method method)
{
    static const char *const texts[] = {
        [HTTP_GET] = "GET, HEAD", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST", [HTTP_OTHER] = ""};
    size_t n = strlen(allow);
    snprintf(allow + n, ROUTER_ALLOW_MAX - n, "%s%s", n > 0 ? ", " : "", texts[method]);
}

enum router_rc router_find(const struct route *routes, size_t n, enum http_method method,
                           struct str path, struct route_match *m)
{
    enum router_rc rc = ROUTER_NO_PATH;
    m->allow[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (!path_matches(routes[i].pattern, path, &m->param)) {
            continue;
        }
        if (serves(&routes[i], method)) {
            m->route = i;
            m->allow[0] = '\0';
            return ROUTER_FOUND;
        }
        rc = ROUTER_NO_METHOD;
        add_allow(m->allow, routes[i].method);
    }
    return rc;
}

/*
 * Checks of "format". Any thread, no allocation.
 */
#include "common/contract/format.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/contract/event_id.h"
#include "common/contract/time.h"

static const char *const names[FORMAT_COUNT] = {
    [FORMAT_NONE] = "none",         [FORMAT_DATE_TIME] = "date-time",
    [FORMAT_DATE] = "date",         [FORMAT_UUID] = "uuid",
    [FORMAT_IPV4] = "ipv4",         [FORMAT_IPV6] = "ipv6",
    [FORMAT_EMAIL] = "email",       [FORMAT_URI] = "uri",
    [FORMAT_HOSTNAME] = "hostname",
};

enum format format_find(const char *name)
{
    for (int f = FORMAT_NONE + 1; f < FORMAT_COUNT; f++) {
        if (strcmp(names[f], name) == 0) {
            return (enum format)f;
        }
    }
    return FORMAT_NONE;
}

const char *format_name(enum format f)
{
    assert(f >= FORMAT_NONE && f < FORMAT_COUNT);
    return names[f];
}

/* <ctype.h> depends on the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_address(int family, struct str s)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    if (s.n >= sizeof text) {
        return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(family, text, address) == 1;
}

static bool is_hostname(struct str s)
{
    if (s.n == 0 || s.n > 253) {
        return false;
    }
    size_t label = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.') {
            if (label == 0 || s.p[i - 1] == '-') {
                return false;
            }
            label = 0;
            continue;
        }
        if (!is_alpha(c) && !is_digit(c) && (c != '-' || label == 0)) {
            return false;
        }
        if (++label > 63) {
            return false;
        }
    }
    return label > 0 && s.p[s.n - 1] != '-';
}

static bool is_email(struct str s)
{
    const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);
    if (at == NULL) {
        return false;
    }
    size_t local = (size_t)(at - s.p);
    if (local == 0 || local > 64 || s.p[0] == '.' || at[-1] == '.') {
        return false;
    }
    for (size_t i = 0; i < local; i++) {
        char c = s.p[i];
        if (c == '.' ? s.p[i + 1] == '.'
                     : !is_alpha(c) && !is_digit(c) && !is_one_of(c, "!#$%&'*+-/=?^_`{|}~")) {
            return false;
        }
    }
    return is_hostname((struct str){at + 1, s.n - local - 1});
}

/* RFC 3986 pchar, "/" and "?", with extra more characters; percent signs lead two hex digits. */
static bool is_uri_text(const char *p, const char *end, const char *extra)
{
    for (; p < end; p++) {
        if (*p == '%') {
            if (end - p < 3 || !is_hex(p[1]) || !is_hex(p[2])) {
                return false;
            }
            p += 2;
        } else if (!is_alpha(*p) && !is_digit(*p) && !is_one_of(*p, "-._~!$&'()*+,;=:@/?") &&
                   !is_one_of(*p, extra)) {
            return false;
        }
    }
    return true;
}

/* user@host:port between "//" and the path. */
static bool is_uri_authority(const char *p, const char *end)
{
    const char *at = memrchr(p, '@', (size_t)(end - p));
    if (at != NULL) {
        if (memchr(p, '@', (size_t)(at - p)) != NULL || !is_uri_text(p, at, "")) {
            return false;
        }
        p = at + 1;
    }
    const char *host_end;
    if (p < end && *p == '[') {
        host_end = memchr(p, ']', (size_t)(end - p));
        if (host_end == NULL ||
            !is_address(AF_INET6, (struct str){p + 1, (size_t)(host_end - p - 1)})) {
            return false;
        }
        host_end++;
    } else {
        host_end = memchr(p, ':', (size_t)(end - p));
        host_end = host_end == NULL ? end : host_end;
        if (!is_uri_text(p, host_end, "")) {
            return false;
        }
    }
    if (host_end < end && *host_end++ != ':') {
        return false;
    }
    for (; host_end < end; host_end++) {
        if (!is_digit(*host_end)) {
            return false;
        }
    }
    return true;
}

static bool is_uri(struct str s)
{
    const char *p = s.p;
    const char *end = s.p + s.n;
    if (s.n == 0 || !is_alpha(*p)) {
        return false;
    }
    while (p < end && (is_alpha(*p) || is_digit(*p) || is_one_of(*p, "+-."))) {
        p++;
    }
    if (p == end || *p++ != ':') {
        return false;
    }
    const char *fragment = memchr(p, '#', (size_t)(end - p));
    if (fragment != NULL) {
        if (!is_uri_text(fragment + 1, end, "")) {
            return false;
        }
        end = fragment;
    }
    if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
        const char *path = p + 2;
        while (path < end && !is_one_of(*path, "/?")) {
            path++;
        }
        if (!is_uri_authority(p + 2, path)) {
            return false;
        }
        p = path;
    }
    return is_uri_text(p, end, "");
}

bool format_matches(enum format f, struct str s)
{
    int64_t us;
    uint8_t id[EVENT_ID_SIZE];
    switch (f) {
    case FORMAT_NONE:
        return true;
    case FORMAT_DATE_TIME:
        return time_parse_rfc3339(s, &us) == 0;
    case FORMAT_DATE:
        return time_is_date(s);
    case FORMAT_UUID:
        return event_id_parse(s, id) == 0;
    case FORMAT_IPV4:
        return is_address(AF_INET, s);
    case FORMAT_IPV6:
        return is_address(AF_INET6, s);
    case FORMAT_EMAIL:
        return is_email(s);
    case FORMAT_URI:
        return is_uri(s);
    case FORMAT_HOSTNAME:
        return is_hostname(s);
    case FORMAT_COUNT:
        break;
    }
    assert(!"unknown format");
    return false;
}

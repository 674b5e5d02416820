#include "common/base/err.h"

#include <stdio.h>
#include <string.h>

static void err_begin(struct err *e, enum err_code code)
{
    e->code = code;
    e->retriable = code == ERR_TIMEOUT || code == ERR_UNAVAILABLE;
    e->detail[0] = '\0';
}

void err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    if (e == NULL) {
        return;
    }
    /* The arguments may point into e->text. */
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_begin(e, code);
    memcpy(e->text, text, sizeof text);
}

void err_set_errno(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
{
    if (e == NULL) {
        return;
    }
    char text[ERR_TEXT_MAX];
    char reason[128];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_begin(e, code);
    /* GNU strerror_r: may return a static text instead of filling the buffer. */
    const char *why = strerror_r(errnum, reason, sizeof reason);
    (void)snprintf(e->text, sizeof e->text, "%.380s: %s", text, why);
}

void err_wrap(struct err *e, const char *fmt, ...)
{
    if (e == NULL) {
        return;
    }
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used >= sizeof text) {
        used = sizeof text - 1;
    }
    /* The prefix is kept whole, the end of the old text is cut when both do not fit. */
    size_t room = sizeof text - used - 1;
    (void)snprintf(text + used, room + 1, ": %.*s", (int)room, e->text);
    memcpy(e->text, text, sizeof text);
}

void err_clear(struct err *e)
{
    if (e == NULL) {
        return;
    }
    err_begin(e, ERR_NONE);
    e->retriable = false;
    e->text[0] = '\0';
}

const char *err_code_name(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_USAGE:
        return "usage";
    case ERR_CONFIG:
        return "config";
    case ERR_INVALID:
        return "invalid";
    case ERR_LIMIT:
        return "limit";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_UNAVAILABLE:
        return "unavailable";
    case ERR_FENCED:
        return "fenced";
    case ERR_DATA:
        return "data";
    case ERR_DENIED:
        return "denied";
    case ERR_IO:
        return "io";
    case ERR_SYSTEM:
        return "system";
    }
    return "unknown";
}

/*
 * Errors: a caller-owned struct with a code, a text and what to do about it.
 *
 * The function that first detects an error fills it with the operation and the object
 * ("connect redis 10.0.0.5:6379: timed out after 50 ms"); callers in between may add a prefix
 * with err_wrap; only the top reports it. Nothing here allocates.
 */
#ifndef TIDEGATE_BASE_ERR_H
#define TIDEGATE_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#include "common/base/compiler.h"

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,       /* wrong command line */
    ERR_CONFIG,      /* wrong configuration or contract: a person has to change a file */
    ERR_INVALID,     /* input from a peer breaks a rule */
    ERR_LIMIT,       /* a named cap was reached */
    ERR_NOT_FOUND,   /* the named object does not exist */
    ERR_TIMEOUT,     /* no answer within the deadline */
    ERR_UNAVAILABLE, /* the other side is away or refuses for now */
    ERR_FENCED,      /* somebody else owns the resource now */
    ERR_DATA,        /* the other side refuses this content for good */
    ERR_DENIED,      /* authentication, permission or schema: a person has to act */
    ERR_IO,          /* file or socket */
    ERR_SYSTEM,      /* operating system refused: thread, memory map, descriptor */
};

#define ERR_TEXT_MAX 512 /* bytes with the terminator; longer texts are cut */

struct err {
    enum err_code code;
    bool retriable;  /* the same call may succeed later without a change by a person */
    char detail[16]; /* machine-readable code of the other side (SQLSTATE), or "" */
    char text[ERR_TEXT_MAX];
};

/* Sets code and text, retriable for ERR_TIMEOUT and ERR_UNAVAILABLE, detail to "". NULL e: no-op.
 * Thread: any. */
void err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As err_set with ": " and the text of errno value errnum appended. */
void err_set_errno(struct err *e, enum err_code code, int errnum, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Puts a prefix and ": " before the text; code and retriable stay. NULL e: no-op. */
void err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Back to ERR_NONE with an empty text. */
void err_clear(struct err *e);

/* The stable lower-case name of a code ("unavailable"), never NULL. */
const char *err_code_name(enum err_code code);

#endif

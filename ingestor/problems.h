/*
 * Problem documents (RFC 9457) from the one table problems.def.
 */
#ifndef TIDEGATE_INGESTOR_PROBLEMS_H
#define TIDEGATE_INGESTOR_PROBLEMS_H

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"

#define PROBLEM_BASE "https://tidegate.dev/problems/"

enum problem {
#define PROBLEM(symbol, name, status, title, cause, cure) PROBLEM_##symbol,
#include "ingestor/problems.def"
#undef PROBLEM
    PROBLEMS
};

struct problem_type {
    const char *name; /* last step of the type's URI */
    unsigned status;
    const char *title;
    const char *cause; /* for documentation */
    const char *cure;  /* for documentation */
};

const struct problem_type *problem_type(enum problem p);

/* Members of one document beside its type, title and status. */
struct problem_text {
    const char *detail;  /* what happened this time, or NULL */
    struct str instance; /* the request id */
    const char *outcome; /* "not_taken", "unknown", or NULL */
    struct str errors;   /* JSON objects separated by commas, or n = 0: no member errors */
};

/* Appends the document. 0, or -1 when out's limit ends. Pure. */
int problem_write(enum problem p, const struct problem_text *text, struct buf *out) MUST_CHECK;

#endif

/*
 * Rows of dead_event: events that cannot be stored, kept with their bytes and the reason.
 */
#ifndef TIDEGATE_WORKER_DEAD_H
#define TIDEGATE_WORKER_DEAD_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"

enum dead_reason {
#define DEAD(name, text, stage) DEAD_##name,
#include "worker/dead.def"
#undef DEAD
    DEAD_REASONS
};

/* The text of a reason ("too_old"). */
const char *dead_reason_text(enum dead_reason reason);

struct dead {
    const char *topic;
    int32_t partition;
    int64_t offset;
    enum dead_reason reason;
    struct str detail;    /* n 0: none; valid UTF-8 without NUL */
    const char *sqlstate; /* or NULL */
    struct str key;       /* p NULL: the record has none */
    struct str raw;       /* p NULL: the record has no value */
    int64_t seen_us;
};

/* The COPY statement whose rows dead_encode writes. */
extern const char dead_copy_sql[];

/* Appends the row in binary COPY form. 0, or -1 when out's limit ends. */
int dead_encode(const struct dead *d, struct buf *out) MUST_CHECK;

#endif

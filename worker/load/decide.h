/*
 * What the outcome of an attempt to store a batch means, and what the offset rows say about a
 * COMMIT whose answer was lost. Pure.
 */
#ifndef TIDEGATE_WORKER_LOAD_DECIDE_H
#define TIDEGATE_WORKER_LOAD_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "worker/consume/batch.h"

enum attempt_stage {
    ATTEMPT_ROWS,  /* COPY into a table of a stream */
    ATTEMPT_DEAD,  /* COPY into dead_event */
    ATTEMPT_FINISH /* offsets and COMMIT */
};

struct attempt {
    bool ok;
    bool usable; /* the connection still answers */
    enum attempt_stage stage;
    uint32_t stream; /* ATTEMPT_ROWS: whose table */
    int64_t line;    /* of the COPY (1 is the first row), -1: not known */
    struct err e;
};

enum action {
    ACTION_DONE,   /* stored */
    ACTION_FENCED, /* somebody else owns a partition: drop the batch, join again */
    ACTION_ASK,    /* COMMIT may have happened: ask the offset rows */
    ACTION_RETRY,  /* the same again, after a while */
    ACTION_LEAVES, /* a partition of the table may be missing: make it, then the same again */
    ACTION_SEARCH, /* some row's content is refused: find it */
    ACTION_HALT    /* a person has to act: wait long, then the same again */
};

/* leaves_made: partitions were made for this batch already. searched: rows were searched already.
 */
enum action decide_attempt(const struct attempt *a, bool leaves_made, bool searched);

/* One row of ingest_offset as it is now. */
struct offset_row {
    bool found;
    int64_t next;
    int64_t epoch;
};

enum commit_rc {
    COMMIT_HAPPENED,
    COMMIT_DID_NOT, /* the batch can be sent again */
    COMMIT_FENCED /* somebody else claimed a partition meanwhile; or the rows fit neither answer */
};

/* rows[i] belongs to spans[i]; spans that did not move are not looked at. */
enum commit_rc decide_commit(const struct batch_span *spans, const struct offset_row *rows,
                             size_t n);

#endif

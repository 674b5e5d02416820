/*
 * What to do while the batch is full and the loader still works on the one before: first wait, then
 * pause the partitions and go on polling, so that the group does not take us for dead. Pure.
 */
#ifndef TIDEGATE_WORKER_CONSUME_LADDER_H
#define TIDEGATE_WORKER_CONSUME_LADDER_H

#include <stdbool.h>
#include <stdint.h>

/* Without polling for at most this long: pausing drops what was fetched ahead. */
#define LADDER_PATIENCE_NS INT64_C(1000000000)

enum ladder_step {
    LADDER_CONSUME, /* poll for records */
    LADDER_WAIT,    /* wait for the loader, do not poll */
    LADDER_PAUSE,   /* pause the partitions now, then as LADDER_IDLE */
    LADDER_IDLE,    /* poll without expecting records, look at the loader in between */
    LADDER_RESUME   /* resume the partitions now, then consume */
};

struct ladder {
    bool stalled;
    bool paused;
    int64_t since_ns; /* when the stall began */
};

/* blocked: no room for another record. */
enum ladder_step ladder_next(struct ladder *l, bool blocked, int64_t now_ns);

/* After an assignment or a revocation: nothing is paused. */
void ladder_reset(struct ladder *l);

#endif

/*
 * Follows the table while a load runs, in a thread and on a connection of its own: how many events
 * of the run are stored, and how long after its 202 a row was committed (PostgreSQL's commit
 * timestamps, so the moment of our look does not matter; database and generator must share a
 * clock).
 *
 * It stays cheap: rows are counted by seconds of event time, a second that is complete is not
 * looked at again, and a look that took t is followed by a pause of at least 4 t.
 */
#ifndef TIDEGATE_LOADTEST_FOLLOW_H
#define TIDEGATE_LOADTEST_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/histogram.h"
#include "loadtest/recent.h"

#define FOLLOW_ROW_MAX_NS INT64_C(3600000000000) /* an hour; longer is clamped */

struct follow_conf {
    const char *database;
    const char *table;
    uint64_t run;
    int64_t start_us;      /* no event is older, wall clock */
    struct recent *recent; /* borrowed until follow_stop */
};

struct follow;

/* Connects once, so that a wrong database ends the run before it starts; NULL with e. */
struct follow *follow_start(const struct follow_conf *conf, struct err *e) MUST_CHECK;

/* Ends and frees. Blocks up to one look. NULL is allowed. */
void follow_stop(struct follow *f);

struct follow_view {
    uint64_t stored;   /* rows of the run at the last look */
    bool away;         /* the last look failed */
    bool commit_times; /* the server keeps them */
};

/* The last look; row times since the last call are added to row_times and forgotten. Thread: any.
 */
struct follow_view follow_look(struct follow *f, struct histogram *row_times);

#endif

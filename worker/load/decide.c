#include "worker/load/decide.h"

#include <string.h>

#include "common/io/pg.h"

#define DIVISION_BY_ZERO "22012" /* how sql_advance says that an offset row was not hit */
#define CHECK_VIOLATION "23514"  /* also: no partition of the table for this row */

static enum action decide_data(const struct attempt *a, bool leaves_made, bool searched)
{
    if (a->stage == ATTEMPT_DEAD) {
        return ACTION_HALT; /* its rows are made by us */
    }
    if (a->stage == ATTEMPT_ROWS && strcmp(a->e.detail, CHECK_VIOLATION) == 0 && !leaves_made) {
        return ACTION_LEAVES;
    }
    /* Refused again although every row passed alone. */
    return searched ? ACTION_HALT : ACTION_SEARCH;
}

enum action decide_attempt(const struct attempt *a, bool leaves_made, bool searched)
{
    if (a->ok) {
        return ACTION_DONE;
    }
    if (a->stage == ATTEMPT_FINISH && strcmp(a->e.detail, DIVISION_BY_ZERO) == 0) {
        return ACTION_FENCED;
    }
    if (!a->usable) {
        return a->stage == ATTEMPT_FINISH ? ACTION_ASK : ACTION_RETRY;
    }
    switch (pg_failure_class(&a->e)) {
    case PG_FAILURE_TRANSIENT:
        /* A shutdown can be reported after the commit record was written. */
        return a->stage == ATTEMPT_FINISH ? ACTION_ASK : ACTION_RETRY;
    case PG_FAILURE_DATA:
        return decide_data(a, leaves_made, searched);
    case PG_FAILURE_OPERATOR:
        break;
    }
    return ACTION_HALT;
}

enum commit_rc decide_commit(const struct batch_span *spans, const struct offset_row *rows,
                             size_t n)
{
    size_t moved = 0;
    size_t at_old = 0;
    size_t at_new = 0;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].to == spans[i].from) {
            continue;
        }
        moved++;
        if (!rows[i].found || rows[i].epoch != spans[i].epoch) {
            return COMMIT_FENCED;
        }
        at_old += rows[i].next == spans[i].from;
        at_new += rows[i].next == spans[i].to;
    }
    if (at_new == moved) {
        return COMMIT_HAPPENED;
    }
    return at_old == moved ? COMMIT_DID_NOT : COMMIT_FENCED;
}

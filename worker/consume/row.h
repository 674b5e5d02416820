/*
 * One event as a row of binary COPY. Pure.
 */
#ifndef TIDEGATE_WORKER_CONSUME_ROW_H
#define TIDEGATE_WORKER_CONSUME_ROW_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/contract/event.h"

/* What the table holds beside the contract's own columns. */
struct row_meta {
    int64_t received_us;
    int64_t koff;
    int16_t kpart;
    int16_t flags;
    struct str tenant;
    struct str device;
    const uint8_t *event_id; /* EVENT_ID_SIZE bytes */
    struct str extra;        /* JSON; p NULL: none */
};

/* Appends the row with its fields in the order of sql_copy_table: event_time, received_at, koff,
 * the contract's columns, event_id, kpart, flags, tenant, device, extra. 0, or -1 when out's limit
 * ends (nothing is appended then). */
int row_encode(const struct contract *c, const struct event *ev, const struct row_meta *meta,
               struct buf *out) MUST_CHECK;

#endif

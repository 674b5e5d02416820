/*
 * Binary COPY fields of PostgreSQL (documentation of COPY, "Binary Format": int32 length in network
 * order, -1 for NULL, then the value as its type's send function writes it) for the typed columns
 * of an event.
 */
#ifndef TIDEGATE_CONTRACT_COPY_FIELDS_H
#define TIDEGATE_CONTRACT_COPY_FIELDS_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/contract/contract.h"
#include "common/contract/event.h"

/* PostgreSQL's epoch 2000-01-01 in microseconds after the Unix epoch. */
#define COPY_EPOCH_US INT64_C(946684800000000)

/* One field each. 0, or -1 when out's limit ends. */
int copy_field_null(struct buf *out) MUST_CHECK;
int copy_field_int2(struct buf *out, int16_t v) MUST_CHECK;
int copy_field_int4(struct buf *out, int32_t v) MUST_CHECK;
int copy_field_int8(struct buf *out, int64_t v) MUST_CHECK;
int copy_field_time(struct buf *out, int64_t unix_us) MUST_CHECK;
int copy_field_bytes(struct buf *out, const void *p, size_t n) MUST_CHECK; /* text, bytea, uuid */
int copy_field_jsonb(struct buf *out, struct str json) MUST_CHECK;         /* version byte 1 */

/* All typed columns of c in their order. A number is flushed to 0 when it is a denormal of its
 * type; one outside the column's range cannot pass event_validate. 0, or -1 when out's limit ends.
 */
int copy_fields_event(const struct contract *c, const struct event *ev, struct buf *out) MUST_CHECK;

#endif

/*
 * What one transaction stores: rows by table, dead events, and the spans of offsets that they come
 * from. The consumer thread fills a batch, hands it to the loader thread, and gets it back; one of
 * them owns it at any time.
 */
#ifndef TIDEGATE_WORKER_CONSUME_BATCH_H
#define TIDEGATE_WORKER_CONSUME_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"
#include "worker/consume/assignment.h"
#include "worker/consume/devices.h"
#include "worker/dead.h"

struct batch_limits {
    size_t rows;
    size_t bytes; /* events and rows together */
    int64_t age_ns;
};

/* One row, as the index knows it: where its COPY form and its event's bytes are. */
struct batch_row {
    int64_t koff;
    uint32_t row_at, row_n; /* in the table's rows */
    uint32_t raw_at, raw_n; /* in the batch's raw */
    uint32_t device;        /* number in the batch's devices */
    uint32_t span : 31;     /* index in the batch's spans */
    uint32_t refused : 1;   /* the database refuses it: it is among the dead now */
};

struct batch_table {
    struct buf rows;
    struct batch_row *index;
    size_t n;
    size_t cap;
    size_t refused;         /* how many of n */
    int64_t min_us, max_us; /* event times; meaningless while n is 0 */
};

/* Records of one partition: [from, to) in its topic. */
struct batch_span {
    uint32_t stream;
    int32_t partition;
    int64_t epoch;
    int64_t from;
    int64_t to;
};

/* Records that came one after another with the same receive time, for the latency histograms. */
struct batch_arrival {
    int64_t received_us;
    int64_t consumed_us;
    uint32_t n;
};

#define BATCH_ARRIVALS_MAX 8192 /* then the last one stands for what follows */

struct batch {
    struct batch_limits limits;
    uint64_t generation; /* of the assignment that it was read under */
    struct batch_table *tables;
    size_t n_tables; /* one per stream */
    struct devices devices;
    struct buf raw;  /* bytes of the events of all rows, for those that the database refuses */
    struct buf dead; /* rows of dead_event */
    uint64_t dead_counts[DEAD_REASONS];
    size_t n_dead;
    size_t n_duplicates;
    struct batch_span *spans; /* in the order of the assignment's slots */
    size_t n_spans;
    struct batch_arrival *arrivals;
    size_t n_arrivals;
    size_t records;   /* rows, dead events and duplicates */
    size_t bytes;     /* counted against limits.bytes */
    int64_t first_ns; /* monotonic time of the first record */
};

struct batch *batch_new(size_t n_tables, const struct batch_limits *limits) MUST_CHECK;
void batch_free(struct batch *b); /* NULL is allowed */

/* Empty, for the assignment in force: every span begins at the slot's next offset. */
void batch_begin(struct batch *b, const struct assignment *a, uint64_t generation);

/* No room for another record (rows or bytes). */
bool batch_full(const struct batch *b);

/* Time to send it: full, or not empty and old enough. */
bool batch_due(const struct batch *b, int64_t now_ns);

/* Nanoseconds until it is due by age; INT64_MAX while empty. */
int64_t batch_patience_ns(const struct batch *b, int64_t now_ns);

/* Where a record was stored. */
struct batch_place {
    uint32_t stream;
    uint32_t span;
    uint32_t device;
    int64_t koff;
    int64_t event_us;
    size_t row_at; /* the row is rows[row_at..] of its table, already appended */
    size_t raw_at; /* the event's bytes are raw[raw_at..], already appended */
};

/* Enters the row that was appended last. */
void batch_add_row(struct batch *b, const struct batch_place *place);

/* Appends a dead event. 0, or -1 when memory ends: nothing changed. */
int batch_add_dead(struct batch *b, const struct dead *d) MUST_CHECK;

/* After each record: its span goes on behind offset, its times are noted. */
void batch_note(struct batch *b, uint32_t span, int64_t offset, const struct batch_arrival *arrival,
                int64_t now_ns);

/* Marks a row as refused and adds the dead event for it. topic is the stream's. 0, or -1 when
 * memory ends: nothing changed. */
int batch_refuse(struct batch *b, uint32_t stream, size_t row, const struct dead *what) MUST_CHECK;

#endif

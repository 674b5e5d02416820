/*
 * The partitions that this worker owns, with the place in each: what was claimed in PostgreSQL,
 * what was read, what is committed. Pure; owned by the consumer thread.
 */
#ifndef TIDEGATE_WORKER_CONSUME_ASSIGNMENT_H
#define TIDEGATE_WORKER_CONSUME_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"

#define ASSIGNMENT_PARTITION_MAX 32767 /* kpart is int2 */

struct slot {
    uint32_t stream; /* index of the stream, which is the topic's */
    int32_t partition;
    int64_t epoch;     /* ours in ingest_offset */
    int64_t next;      /* offset of the next record to read */
    int64_t committed; /* next_off in ingest_offset, as far as we know */
    bool stopped;      /* its position does not fit the log: a person has to look */
};

struct assignment {
    struct slot *slots;
    size_t n;
    uint32_t *index; /* stream * stride + partition: slot + 1, 0 when not ours */
    size_t n_index;
    size_t stride;
};

void assignment_init(struct assignment *a);
void assignment_release(struct assignment *a);
/* Nothing is owned any more. */
void assignment_clear(struct assignment *a);

/* Takes copies of n slots; they replace the ones before. Partitions are 0 to
 * ASSIGNMENT_PARTITION_MAX. */
void assignment_set(struct assignment *a, const struct slot *slots, size_t n);

#define ASSIGNMENT_NONE UINT32_MAX

/* Number of the slot, ASSIGNMENT_NONE when the partition is not ours or stopped. */
uint32_t assignment_find(const struct assignment *a, uint32_t stream, int32_t partition);

/* What a record's offset means when expected is the next one. */
enum offset_rc {
    OFFSET_NEXT,  /* take it */
    OFFSET_STALE, /* seen before: drop it */
    OFFSET_GAP    /* take it, but records between are missing */
};
enum offset_rc offset_check(int64_t expected, int64_t got);

/* Does a claimed position lie inside the log [low, high]? */
enum position_rc {
    POSITION_OK,
    POSITION_TRUNCATED, /* beyond the end: the log was cut or the topic made anew */
    POSITION_EXPIRED    /* before the start: retention removed records that were not stored */
};
enum position_rc position_check(int64_t next, int64_t low, int64_t high);

#endif

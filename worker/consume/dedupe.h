/*
 * Deduplication window of one topic partition: which event ids were seen lately, and at which
 * offset.
 *
 * A client that never got its 202 sends the same event again, which gives it a second offset. The
 * later offset of an id that is in the window is a duplicate. The same offset seen again is not
 * one: it is a record that is consumed anew after a batch was given up.
 *
 * Two generations of an open-addressing table: ids go into the young one; when that is full or half
 * the window's time has passed, the old one is emptied and takes its place. So the window covers
 * between half and all of its limits. 12 bytes a slot, at most 3/4 full: 16 bytes an id.
 *
 * An id is known by 64 bits of a hash with a secret seed. Two different ids of one window are taken
 * for each other with probability n / 2^64: 2e-13 an event for 4 million ids.
 *
 * Thread: the owner of the partition. Nothing blocks. Time is an argument.
 */
#ifndef TIDEGATE_WORKER_CONSUME_DEDUPE_H
#define TIDEGATE_WORKER_CONSUME_DEDUPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/contract/event.h"

struct dedupe;

/* max_ids is the most that is remembered (rounded so that tables are powers of two), window_us the
 * longest time. seed: random, the same for the life of the window. Memory grows with use. */
struct dedupe *dedupe_new(size_t max_ids, int64_t window_us, uint64_t seed) MUST_CHECK;
void dedupe_free(struct dedupe *d); /* NULL is allowed */

/* True when id was seen at an offset below this one: drop the record. Else remembers it and gives
 * false. now_us: time of the record (its Kafka time stamp), which may step back. */
bool dedupe_seen(struct dedupe *d, const uint8_t id[EVENT_ID_SIZE], int64_t offset,
                 int64_t now_us) MUST_CHECK;

/* Loads the cache line that dedupe_seen will look at; optional, some records ahead. */
void dedupe_prefetch(const struct dedupe *d, const uint8_t id[EVENT_ID_SIZE]);

struct dedupe_state {
    size_t ids;        /* remembered now */
    size_t bytes;      /* heap memory */
    int64_t oldest_us; /* time of the oldest remembered record, INT64_MAX when empty */
};
struct dedupe_state dedupe_state(const struct dedupe *d);

#endif

#include "ingestor/ingest/delivery.h"

#include <assert.h>

/*
 * One atomic word decides every race: bits are only ever added within a round, and whoever adds a
 * bit sees from the old value who was there before.
 *
 *   ARMED     a round runs: the deadline may look
 *   DECIDED   somebody resumes or has resumed the request
 *   EXPIRED   that was the deadline
 *   REPORTED  the last report is in: no opaque of this round is out
 *   FINISHED  the http side will not touch the request again
 *
 * REPORTED and FINISHED together free it. The counters are written before the word (release) and
 * read after it (acquire).
 */
#define ARMED UINT64_C(1)
#define DECIDED UINT64_C(2)
#define EXPIRED UINT64_C(4)
#define REPORTED UINT64_C(8)
#define FINISHED UINT64_C(16)
#define ROUND UINT64_C(256) /* one step of the round counter above the bits */

void delivery_arm(struct delivery *d, uint32_t n, int64_t now_ns, int64_t deadline_ns)
{
    uint64_t state = atomic_load_explicit(&d->state, memory_order_relaxed);
    assert((state & ARMED) == 0 || (state & (REPORTED | FINISHED)) == (REPORTED | FINISHED));
    atomic_store_explicit(&d->pending, n + 1, memory_order_relaxed);
    atomic_store_explicit(&d->not_persisted, 0, memory_order_relaxed);
    atomic_store_explicit(&d->maybe_persisted, 0, memory_order_relaxed);
    atomic_store_explicit(&d->deadline_ns, deadline_ns, memory_order_relaxed);
    d->n = n;
    d->sent_ns = now_ns;
    uint64_t next = (state & ~(ROUND - 1)) + ROUND;
    atomic_store_explicit(&d->state, next | ARMED, memory_order_release);
}

/* The last of the counted ones is gone. */
static enum delivery_step complete(struct delivery *d)
{
    uint64_t old = atomic_fetch_or_explicit(&d->state, DECIDED | REPORTED, memory_order_acq_rel);
    if ((old & DECIDED) == 0) {
        return DELIVERY_RESUME;
    }
    return (old & FINISHED) != 0 ? DELIVERY_RECYCLE : DELIVERY_WAIT;
}

static enum delivery_step count_down(struct delivery *d, uint32_t n)
{
    uint32_t old = atomic_fetch_sub_explicit(&d->pending, n, memory_order_acq_rel);
    assert(old >= n);
    return old == n ? complete(d) : DELIVERY_WAIT;
}

void delivery_refuse(struct delivery *d, uint32_t n)
{
    atomic_fetch_add_explicit(&d->not_persisted, n, memory_order_relaxed);
    enum delivery_step step = count_down(d, n);
    assert(step == DELIVERY_WAIT); /* the sender's own count is still there */
}

enum delivery_step delivery_release(struct delivery *d)
{
    return count_down(d, 1);
}

enum delivery_step delivery_report(struct delivery *d, enum kafka_outcome outcome)
{
    switch (outcome) {
    case KAFKA_PERSISTED:
        break;
    case KAFKA_NOT_PERSISTED:
        atomic_fetch_add_explicit(&d->not_persisted, 1, memory_order_relaxed);
        break;
    case KAFKA_MAYBE_PERSISTED:
        atomic_fetch_add_explicit(&d->maybe_persisted, 1, memory_order_relaxed);
        break;
    }
    return count_down(d, 1);
}

enum delivery_step delivery_expire(struct delivery *d, int64_t now_ns)
{
    uint64_t state = atomic_load_explicit(&d->state, memory_order_acquire);
    if ((state & (ARMED | DECIDED)) != ARMED ||
        now_ns < atomic_load_explicit(&d->deadline_ns, memory_order_relaxed)) {
        return DELIVERY_WAIT;
    }
    /* Fails when the round is decided meanwhile, or is another one by now. */
    bool mine = atomic_compare_exchange_strong_explicit(
        &d->state, &state, state | DECIDED | EXPIRED, memory_order_acq_rel, memory_order_relaxed);
    return mine ? DELIVERY_RESUME : DELIVERY_WAIT;
}

bool delivery_expired(const struct delivery *d)
{
    return (atomic_load_explicit(&d->state, memory_order_acquire) & EXPIRED) != 0;
}

enum delivery_outcome delivery_outcome(const struct delivery *d)
{
    if (delivery_expired(d)) {
        return DELIVERY_UNKNOWN;
    }
    uint32_t not_persisted = atomic_load_explicit(&d->not_persisted, memory_order_relaxed);
    if (atomic_load_explicit(&d->maybe_persisted, memory_order_relaxed) > 0) {
        return DELIVERY_UNKNOWN;
    }
    if (not_persisted == 0) {
        return DELIVERY_DURABLE;
    }
    /* Some stored and some not: the client must send all again, and cannot know which are in. */
    return not_persisted == d->n ? DELIVERY_NOT_TAKEN : DELIVERY_UNKNOWN;
}

enum delivery_step delivery_finish(struct delivery *d)
{
    uint64_t old = atomic_load_explicit(&d->state, memory_order_relaxed);
    if ((old & ARMED) == 0) {
        return DELIVERY_RECYCLE;
    }
    old = atomic_fetch_or_explicit(&d->state, FINISHED, memory_order_acq_rel);
    if ((old & REPORTED) == 0) {
        return DELIVERY_WAIT;
    }
    return DELIVERY_RECYCLE;
}

/*
 * Each slot is a key and a time. The writer empties the key, writes the time, then the key; the
 * reader looks at the key before and after the time. Acquire and release pair on the key.
 */
#include "loadtest/recent.h"

#include <stdatomic.h>
#include <stddef.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

#define SLOTS (UINT32_C(1) << 16) /* 1 MiB; a sample is a few thousand events a second */
#define EMPTY UINT64_MAX

struct slot {
    _Atomic uint64_t key; /* device << 32 | seq */
    _Atomic int64_t ack_us;
};

struct recent {
    uint32_t devices;
    _Atomic int64_t open_us;
    struct slot slots[SLOTS];
    _Atomic uint32_t accepted[RECENT_SECONDS];
};

static struct slot *slot_of(struct recent *r, uint64_t key)
{
    return &r->slots[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 48];
}

struct recent *recent_new(uint32_t devices)
{
    struct recent *r = mem_calloc(1, sizeof *r);
    r->devices = devices;
    for (uint32_t i = 0; i < SLOTS; i++) {
        atomic_store_explicit(&r->slots[i].key, EMPTY, memory_order_relaxed);
    }
    return r;
}

void recent_free(struct recent *r)
{
    mem_free(r);
}

uint32_t recent_devices(const struct recent *r)
{
    return r->devices;
}

static size_t second_slot(int64_t second)
{
    return (uint64_t)second % RECENT_SECONDS;
}

void recent_put(struct recent *r, const struct recent_event *ev)
{
    size_t second = second_slot(ev->event_us / US_PER_S);
    atomic_fetch_add_explicit(&r->accepted[second], 1, memory_order_relaxed);
    if (ev->device >= r->devices) {
        return;
    }
    uint64_t key = (uint64_t)ev->device << 32 | ev->seq;
    struct slot *s = slot_of(r, key);
    atomic_store_explicit(&s->key, EMPTY, memory_order_release);
    atomic_store_explicit(&s->ack_us, ev->ack_us, memory_order_release);
    atomic_store_explicit(&s->key, key, memory_order_release);
}

void recent_set_open(struct recent *r, int64_t event_us)
{
    /* Release: who sees it also sees the counts of the events before. */
    atomic_store_explicit(&r->open_us, event_us, memory_order_release);
}

int64_t recent_open(const struct recent *r)
{
    return atomic_load_explicit(&r->open_us, memory_order_acquire);
}

uint32_t recent_accepted(const struct recent *r, int64_t second)
{
    return atomic_load_explicit(&r->accepted[second_slot(second)], memory_order_relaxed);
}

void recent_forget(struct recent *r, int64_t second)
{
    atomic_store_explicit(&r->accepted[second_slot(second)], 0, memory_order_relaxed);
}

int64_t recent_take(struct recent *r, uint32_t device, uint32_t seq)
{
    uint64_t key = (uint64_t)device << 32 | seq;
    struct slot *s = slot_of(r, key);
    if (atomic_load_explicit(&s->key, memory_order_acquire) != key) {
        return -1;
    }
    int64_t ack_us = atomic_load_explicit(&s->ack_us, memory_order_acquire);
    uint64_t expected = key;
    return atomic_compare_exchange_strong(&s->key, &expected, EMPTY) ? ack_us : -1;
}

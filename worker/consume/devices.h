/*
 * The devices of one batch: each record key once, numbered in order of arrival, and ranked by
 * device so that rows can be sorted without comparing texts again. One owner at a time.
 */
#ifndef TIDEGATE_WORKER_CONSUME_DEVICES_H
#define TIDEGATE_WORKER_CONSUME_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/str.h"

struct device {
    uint64_t hash;
    uint32_t key_at; /* in keys */
    uint16_t key_n;
    uint16_t tenant_n; /* the key's first part */
    uint32_t rank;     /* place by device, then tenant, bytewise; set by devices_rank */
};

struct devices {
    struct buf keys;
    struct device *items;
    size_t n;
    size_t cap;
    uint32_t *slots; /* open addressing: number + 1, 0 when free */
    size_t n_slots;  /* a power of two, at least twice n */
};

#define DEVICES_BAD UINT32_MAX

void devices_init(struct devices *d);
void devices_release(struct devices *d);
/* Forgets all; memory stays. */
void devices_reset(struct devices *d);

/* The number of the device with this record key; new ones are added. DEVICES_BAD when the key is
 * none (key_split). */
uint32_t devices_intern(struct devices *d, struct str key) MUST_CHECK;

/* Borrowed until the next devices_intern. */
struct str devices_key(const struct devices *d, uint32_t number);
struct str devices_tenant(const struct devices *d, uint32_t number);
struct str devices_device(const struct devices *d, uint32_t number);

/* Sets every rank: 0 to n - 1. */
void devices_rank(struct devices *d);

#endif

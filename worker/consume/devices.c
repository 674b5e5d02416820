#include "worker/consume/devices.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "common/base/mem.h"
#include "worker/consume/key.h"

#define SLOTS_FIRST 4096

void devices_init(struct devices *d)
{
    *d = (struct devices){.n_slots = SLOTS_FIRST};
    buf_init(&d->keys, UINT32_MAX);
    d->cap = SLOTS_FIRST / 2;
    d->items = mem_calloc(d->cap, sizeof *d->items);
    d->slots = mem_calloc(d->n_slots, sizeof *d->slots);
}

void devices_release(struct devices *d)
{
    buf_release(&d->keys);
    mem_free(d->items);
    mem_free(d->slots);
    *d = (struct devices){.n = 0};
}

void devices_reset(struct devices *d)
{
    buf_reset(&d->keys);
    d->n = 0;
    memset(d->slots, 0, d->n_slots * sizeof *d->slots);
}

struct str devices_key(const struct devices *d, uint32_t number)
{
    const struct device *one = &d->items[number];
    return (struct str){d->keys.p + one->key_at, one->key_n};
}

struct str devices_tenant(const struct devices *d, uint32_t number)
{
    const struct device *one = &d->items[number];
    return (struct str){d->keys.p + one->key_at, one->tenant_n};
}

struct str devices_device(const struct devices *d, uint32_t number)
{
    const struct device *one = &d->items[number];
    size_t skip = (size_t)one->tenant_n + 1;
    return (struct str){d->keys.p + one->key_at + skip, one->key_n - skip};
}

static void place(struct devices *d, uint32_t number)
{
    size_t mask = d->n_slots - 1;
    size_t at = (size_t)d->items[number].hash & mask;
    while (d->slots[at] != 0) {
        at = (at + 1) & mask;
    }
    d->slots[at] = number + 1;
}

static void grow(struct devices *d)
{
    d->cap *= 2;
    d->items = mem_realloc(d->items, d->cap * sizeof *d->items);
    d->n_slots *= 2;
    mem_free(d->slots);
    d->slots = mem_calloc(d->n_slots, sizeof *d->slots);
    for (size_t i = 0; i < d->n; i++) {
        place(d, (uint32_t)i);
    }
}

static uint32_t add(struct devices *d, struct str key, uint64_t hash)
{
    struct str tenant;
    struct str device;
    if (!key_split(key, &tenant, &device) || buf_reserve(&d->keys, key.n) == NULL) {
        return DEVICES_BAD;
    }
    if (d->n == d->cap) {
        grow(d);
    }
    uint32_t number = (uint32_t)d->n;
    d->items[number] = (struct device){
        .hash = hash,
        .key_at = (uint32_t)d->keys.n,
        .key_n = (uint16_t)key.n,
        .tenant_n = (uint16_t)tenant.n,
    };
    memcpy(d->keys.p + d->keys.n, key.p, key.n);
    d->keys.n += key.n;
    d->n++;
    place(d, number);
    return number;
}

uint32_t devices_intern(struct devices *d, struct str key)
{
    uint64_t hash = XXH3_64bits(key.p, key.n);
    size_t mask = d->n_slots - 1;
    for (size_t at = (size_t)hash & mask; d->slots[at] != 0; at = (at + 1) & mask) {
        uint32_t number = d->slots[at] - 1;
        if (d->items[number].hash == hash && str_eq(devices_key(d, number), key)) {
            return number;
        }
    }
    return add(d, key, hash);
}

static int compare_bytes(struct str a, struct str b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    if (c != 0) {
        return c;
    }
    return a.n < b.n ? -1 : (a.n > b.n ? 1 : 0);
}

static int compare_devices(const void *a, const void *b, void *arg)
{
    const struct devices *d = arg;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int c = compare_bytes(devices_device(d, x), devices_device(d, y));
    return c != 0 ? c : compare_bytes(devices_tenant(d, x), devices_tenant(d, y));
}

void devices_rank(struct devices *d)
{
    uint32_t *order = mem_calloc(d->n, sizeof *order);
    for (size_t i = 0; i < d->n; i++) {
        order[i] = (uint32_t)i;
    }
    qsort_r(order, d->n, sizeof *order, compare_devices, d);
    for (size_t i = 0; i < d->n; i++) {
        d->items[order[i]].rank = (uint32_t)i;
    }
    mem_free(order);
}

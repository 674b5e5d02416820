#include "worker/consume/assignment.h"

#include <assert.h>
#include <string.h>

#include "common/base/mem.h"

void assignment_init(struct assignment *a)
{
    *a = (struct assignment){.n = 0};
}

void assignment_release(struct assignment *a)
{
    mem_free(a->slots);
    mem_free(a->index);
    assignment_init(a);
}

void assignment_clear(struct assignment *a)
{
    assignment_release(a);
}

void assignment_set(struct assignment *a, const struct slot *slots, size_t n)
{
    assignment_release(a);
    uint32_t streams = 0;
    for (size_t i = 0; i < n; i++) {
        assert(slots[i].partition >= 0 && slots[i].partition <= ASSIGNMENT_PARTITION_MAX);
        size_t partitions = (size_t)slots[i].partition + 1;
        a->stride = partitions > a->stride ? partitions : a->stride;
        streams = slots[i].stream + 1 > streams ? slots[i].stream + 1 : streams;
    }
    a->n = n;
    a->slots = mem_calloc(n, sizeof *a->slots);
    a->n_index = streams * a->stride;
    a->index = mem_calloc(a->n_index, sizeof *a->index);
    for (size_t i = 0; i < n; i++) {
        a->slots[i] = slots[i];
        a->index[slots[i].stream * a->stride + (size_t)slots[i].partition] = (uint32_t)i + 1;
    }
}

uint32_t assignment_find(const struct assignment *a, uint32_t stream, int32_t partition)
{
    if (partition < 0 || (size_t)partition >= a->stride) {
        return ASSIGNMENT_NONE;
    }
    size_t at = stream * a->stride + (size_t)partition;
    if (at >= a->n_index || a->index[at] == 0) {
        return ASSIGNMENT_NONE;
    }
    uint32_t slot = a->index[at] - 1;
    return a->slots[slot].stopped ? ASSIGNMENT_NONE : slot;
}

enum offset_rc offset_check(int64_t expected, int64_t got)
{
    if (got == expected) {
        return OFFSET_NEXT;
    }
    return got < expected ? OFFSET_STALE : OFFSET_GAP;
}

enum position_rc position_check(int64_t next, int64_t low, int64_t high)
{
    if (next > high) {
        return POSITION_TRUNCATED;
    }
    return next < low ? POSITION_EXPIRED : POSITION_OK;
}

/*
 * One entry per event of the ledger, found by device and sequence number: no hashing, no sorting.
 */
#include "loadtest/audit_check.h"

#include <string.h>

#include "common/base/mem.h"

#define ROW_TIME_MAX_NS INT64_C(86400000000000) /* a day */
#define NO_PARTITION INT16_MIN

#define ENTRY_CLASS 0x07u
#define ENTRY_FLAWED 0x08u
#define ENTRY_DEAD 0x10u

struct entry {
    uint64_t digest;
    int64_t koff;       /* of the first row */
    uint32_t ack_100us; /* after the first acknowledgement of the ledger */
    uint16_t rows;
    uint8_t bits; /* ENTRY_… */
};

struct device {
    uint64_t first; /* entry of sequence number 0 */
    uint32_t n;
    int16_t kpart;
    bool split;
};

struct audit_check {
    uint32_t n_devices;
    bool clean;
    bool has_ack;
    int64_t first_ack_us;
    uint64_t n_entries;
    struct device *devices;
    struct entry *entries;
    struct histogram *row_times;
    struct audit_result found; /* what rows alone show */
};

static const char *const names[AUDIT_FINDINGS] = {
    [AUDIT_LOST] = "lost",          [AUDIT_DOUBLED] = "doubled",
    [AUDIT_PHANTOM] = "phantom",    [AUDIT_ALTERED] = "altered",
    [AUDIT_ORDER] = "out_of_order", [AUDIT_SPLIT] = "split_devices",
    [AUDIT_DEAD] = "dead",          [AUDIT_INVALID] = "invalid_accepted"};

const char *audit_finding_name(enum audit_finding f)
{
    return names[f];
}

struct audit_check *audit_check_new(uint32_t devices, const uint32_t *per_device, bool clean,
                                    struct err *e)
{
    struct audit_check *a = mem_calloc(1, sizeof *a);
    a->n_devices = devices;
    a->clean = clean;
    a->devices = mem_calloc(devices, sizeof *a->devices);
    for (uint32_t i = 0; i < devices; i++) {
        a->devices[i] =
            (struct device){.first = a->n_entries, .n = per_device[i], .kpart = NO_PARTITION};
        a->n_entries += per_device[i];
    }
    a->row_times = histogram_new(ROW_TIME_MAX_NS);
    a->entries = mem_try_alloc((size_t)a->n_entries * sizeof *a->entries);
    if (a->entries == NULL) {
        err_set(e, ERR_SYSTEM, "not enough memory for %llu events of the ledger",
                (unsigned long long)a->n_entries);
        audit_check_free(a);
        return NULL;
    }
    memset(a->entries, 0, (size_t)a->n_entries * sizeof *a->entries);
    return a;
}

void audit_check_free(struct audit_check *a)
{
    if (a == NULL) {
        return;
    }
    histogram_free(a->row_times);
    mem_free(a->entries);
    mem_free(a->devices);
    mem_free(a);
}

static struct entry *find(const struct audit_check *a, uint32_t device, uint32_t seq)
{
    if (device >= a->n_devices || seq >= a->devices[device].n) {
        return NULL;
    }
    return &a->entries[a->devices[device].first + seq];
}

int audit_check_expect(struct audit_check *a, const struct ledger_record *r, struct err *e)
{
    struct entry *en = find(a, r->device, r->seq);
    if (en == NULL || en->bits != 0) {
        err_set(e, ERR_INVALID, "ledger: device %u has event %u twice, or a hole before it",
                r->device, r->seq);
        return -1;
    }
    if (!a->has_ack) {
        a->has_ack = true;
        a->first_ack_us = r->ack_us;
    }
    int64_t after = (r->ack_us - a->first_ack_us) / 100;
    en->digest = r->digest;
    en->ack_100us = after < 0 ? 0 : after > UINT32_MAX ? UINT32_MAX : (uint32_t)after;
    en->bits = (uint8_t)(r->class | (r->invalid ? ENTRY_FLAWED : 0));
    return 0;
}

static void note(struct audit_result *f, enum audit_finding finding, uint32_t device, uint32_t seq)
{
    uint64_t n = f->findings[finding]++;
    if (n < AUDIT_SAMPLES_MAX) {
        f->samples[finding][n] = (struct audit_place){device, seq};
    }
}

static void note_partition(struct audit_check *a, const struct audit_row *row)
{
    struct device *d = &a->devices[row->device];
    if (d->kpart == NO_PARTITION) {
        d->kpart = row->kpart;
    } else if (d->kpart != row->kpart && !d->split) {
        d->split = true;
        note(&a->found, AUDIT_SPLIT, row->device, row->seq);
    }
}

static void note_time(struct audit_check *a, const struct entry *en, int64_t commit_us)
{
    if (commit_us == INT64_MIN || (en->bits & ENTRY_CLASS) != LEDGER_ACCEPTED ||
        en->ack_100us == UINT32_MAX) {
        return;
    }
    int64_t ack_us = a->first_ack_us + (int64_t)en->ack_100us * 100;
    histogram_record(a->row_times, (commit_us - ack_us) * 1000, 1);
}

void audit_check_row(struct audit_check *a, const struct audit_row *row)
{
    struct audit_result *f = &a->found;
    f->rows++;
    struct entry *en = find(a, row->device, row->seq);
    if (en == NULL) {
        if (!a->clean && row->device < a->n_devices) {
            f->unrecorded++;
        } else {
            note(f, AUDIT_PHANTOM, row->device, row->seq);
        }
        return;
    }
    note_partition(a, row);
    if (en->rows > 0) {
        note(f, AUDIT_DOUBLED, row->device, row->seq);
    } else {
        en->koff = row->koff;
        note_time(a, en, row->commit_us);
    }
    if (en->rows < UINT16_MAX) {
        en->rows++;
    }
    unsigned class = en->bits & ENTRY_CLASS;
    if (class != LEDGER_ACCEPTED && class != LEDGER_UNKNOWN) {
        note(f, AUDIT_PHANTOM, row->device, row->seq);
    } else if ((en->bits & ENTRY_FLAWED) == 0 && (row->extra || row->digest != en->digest)) {
        note(f, AUDIT_ALTERED, row->device, row->seq);
    }
}

void audit_check_dead(struct audit_check *a, uint32_t device, uint32_t seq)
{
    struct entry *en = find(a, device, seq);
    if (en != NULL) {
        en->bits |= ENTRY_DEAD;
    }
}

void audit_check_reset(struct audit_check *a)
{
    for (uint64_t i = 0; i < a->n_entries; i++) {
        a->entries[i].rows = 0;
        a->entries[i].bits &= (uint8_t)~ENTRY_DEAD;
    }
    for (uint32_t i = 0; i < a->n_devices; i++) {
        a->devices[i].kpart = NO_PARTITION;
        a->devices[i].split = false;
    }
    memset(&a->found, 0, sizeof a->found);
    histogram_reset(a->row_times);
}

static void judge_event(const struct entry *en, struct audit_place at, struct audit_result *out)
{
    unsigned class = en->bits & ENTRY_CLASS;
    out->classes[class]++;
    out->stored += en->rows > 0;
    if (class == LEDGER_UNKNOWN) {
        out->unknown_stored += en->rows > 0;
        out->unknown_absent += en->rows == 0;
    }
    if (class != LEDGER_ACCEPTED) {
        return;
    }
    if ((en->bits & ENTRY_FLAWED) != 0) {
        note(out, AUDIT_INVALID, at.device, at.seq);
    }
    if ((en->bits & ENTRY_DEAD) != 0) {
        note(out, AUDIT_DEAD, at.device, at.seq);
    } else if (en->rows == 0) {
        note(out, AUDIT_LOST, at.device, at.seq);
    }
}

static void judge_device(const struct audit_check *a, uint32_t device, struct audit_result *out)
{
    const struct device *d = &a->devices[device];
    int64_t last = INT64_MIN;
    for (uint32_t seq = 0; seq < d->n; seq++) {
        const struct entry *en = &a->entries[d->first + seq];
        struct audit_place at = {device, seq};
        judge_event(en, at, out);
        if (en->rows == 0 || (en->bits & ENTRY_CLASS) != LEDGER_ACCEPTED || d->split) {
            continue;
        }
        if (en->koff <= last) {
            note(out, AUDIT_ORDER, device, seq);
        } else {
            last = en->koff;
        }
    }
}

void audit_check_result(struct audit_check *a, struct audit_result *out)
{
    *out = a->found;
    for (uint32_t i = 0; i < a->n_devices; i++) {
        judge_device(a, i, out);
    }
    out->pass = out->classes[LEDGER_ACCEPTED] > 0; /* a run that stored nothing proves nothing */
    for (int f = 0; f < AUDIT_FINDINGS; f++) {
        out->pass = out->pass && out->findings[f] == 0;
    }
}

const struct histogram *audit_check_row_times(const struct audit_check *a)
{
    return a->row_times;
}

/*
 * A fleet and the JSON of its events: one simulated vehicle a device, for the bundled contracts
 * vehicle-telemetry (about 340 bytes, nine numbers; every 16th event of a vehicle carries the whole
 * set) and sensor-reading (one value of one metric).
 *
 * The text is written straight into the caller's memory, the digest from the same numbers. One
 * owner thread; no heap memory and no system call an event.
 */
#ifndef TIDEGATE_LOADTEST_PAYLOAD_H
#define TIDEGATE_LOADTEST_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/ledger.h"

#define PAYLOAD_EVENT_MAX 1024 /* bytes of one event */

/* Ways in which an event breaks its contract; they take turns. */
enum payload_flaw {
    PAYLOAD_VALID,
    PAYLOAD_OUT_OF_RANGE, /* vehicle-telemetry: above the maximum; sensor-reading: bad pattern */
    PAYLOAD_WRONG_TYPE,   /* a number as text */
    PAYLOAD_BAD_TIME,     /* no RFC 3339 */
    PAYLOAD_MISSING,      /* a required member */
    PAYLOAD_UNEXPECTED,   /* a member that additionalProperties forbids */
    PAYLOAD_FLAWS
};

struct payload;

struct payload_conf {
    const char *contract;
    uint64_t run; /* 64 bits of every id */
    uint64_t seed;
    uint32_t vehicles; /* at most IDENT_DEVICES_MAX */
};

/* NULL with e when the contract has no simulator. Caller frees. */
struct payload *payload_new(const struct payload_conf *conf, struct err *e) MUST_CHECK;
void payload_free(struct payload *p); /* NULL is allowed */

/* Fills contract, table (the contract's name with _) and columns of run. */
void payload_describe(const struct payload *p, struct ledger_run *run);

/* What the answer will be matched with. */
struct payload_event {
    uint64_t digest; /* 0 for a flawed event */
    int64_t time_us; /* as printed: whole milliseconds */
    uint32_t device;
    uint32_t seq;
    bool invalid;
};

/* Next event of a vehicle, taken at time_us; writes at most PAYLOAD_EVENT_MAX bytes at out and
 * returns their end. */
char *payload_write(struct payload *p, uint32_t vehicle, int64_t time_us, enum payload_flaw flaw,
                    char *out, struct payload_event *ev) MUST_CHECK;

#endif

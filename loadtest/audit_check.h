/*
 * The judgement of the audit: what the ledger expects against the rows that the table has. Pure
 * memory: 24 bytes an event, in any order of rows.
 *
 * Order: within one device the Kafka offset must rise with the sequence number, over accepted
 * events; one of unknown outcome may have landed late and is left out. One owner thread.
 */
#ifndef TIDEGATE_LOADTEST_AUDIT_CHECK_H
#define TIDEGATE_LOADTEST_AUDIT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/histogram.h"
#include "loadtest/ledger.h"

#define AUDIT_SAMPLES_MAX 10 /* examples kept of each finding */

enum audit_finding {
    AUDIT_LOST,    /* accepted, not stored */
    AUDIT_DOUBLED, /* rows beyond the first of an event */
    AUDIT_PHANTOM, /* stored though never sent, refused, or not of this ledger */
    AUDIT_ALTERED, /* stored with other values */
    AUDIT_ORDER,   /* stored before an earlier event of its device */
    AUDIT_SPLIT,   /* devices in more than one partition */
    AUDIT_DEAD,    /* accepted, but in dead_event instead of the table */
    AUDIT_INVALID, /* made to violate the contract, yet accepted */
    AUDIT_FINDINGS
};

/* "lost", "doubled", … one word each. */
const char *audit_finding_name(enum audit_finding f);

struct audit_place {
    uint32_t device;
    uint32_t seq;
};

struct audit_result {
    uint64_t classes[LEDGER_CLASSES]; /* events of the ledger by class */
    uint64_t findings[AUDIT_FINDINGS];
    struct audit_place samples[AUDIT_FINDINGS][AUDIT_SAMPLES_MAX];
    uint64_t rows;           /* of this run */
    uint64_t stored;         /* different events of the ledger among them */
    uint64_t unknown_stored; /* of the class unknown */
    uint64_t unknown_absent;
    uint64_t unrecorded; /* rows beyond the end of an unfinished ledger */
    bool pass;
};

struct audit_row {
    uint32_t device;
    uint32_t seq;
    uint64_t digest;
    int64_t koff;
    int64_t commit_us; /* wall clock, INT64_MIN: not known */
    int16_t kpart;
    bool extra; /* the row has members that were never sent */
};

struct audit_check;

/* per_device: events of each device in the ledger, copied. clean: the ledger has its end. NULL with
 * e when there is not enough memory. */
struct audit_check *audit_check_new(uint32_t devices, const uint32_t *per_device, bool clean,
                                    struct err *e) MUST_CHECK;
void audit_check_free(struct audit_check *a); /* NULL is allowed */

/* Each record of the ledger, once. 0, or -1 with e: the ledger contradicts itself. */
int audit_check_expect(struct audit_check *a, const struct ledger_record *r,
                       struct err *e) MUST_CHECK;

/* Each row whose id is of this run. */
void audit_check_row(struct audit_check *a, const struct audit_row *row);

/* Each event of this run that is in dead_event. */
void audit_check_dead(struct audit_check *a, uint32_t device, uint32_t seq);

/* Forgets rows and dead events, keeps what is expected. */
void audit_check_reset(struct audit_check *a);

void audit_check_result(struct audit_check *a, struct audit_result *out);

/* Time from 202 to commit of accepted events, ns; empty when no row had a commit time. Borrowed. */
const struct histogram *audit_check_row_times(const struct audit_check *a);

#endif

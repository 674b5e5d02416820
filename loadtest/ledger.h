/*
 * The ledger: what the generator knows about every event that it made. One binary file: a header of
 * LEDGER_HEADER_SIZE bytes, then blocks of fixed-size records, each with its own checksum (XXH3).
 * Byte order of the machine.
 *
 * A record is written once, when the class of its event is known. The events of one device are
 * answered in order, so the records of a device have the sequence numbers 0, 1, 2, … without a
 * hole. That makes intents unnecessary: when the generator dies (no end block, or a torn one), the
 * events that were in flight or not yet flushed are exactly those beyond each device's last record,
 * and the audit treats them as "unknown". Records reach the kernel once a second; it keeps them
 * when the process is killed.
 */
#ifndef TIDEGATE_LOADTEST_LEDGER_H
#define TIDEGATE_LOADTEST_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/digest.h"

#define LEDGER_VERSION 1
#define LEDGER_HEADER_SIZE 4096
#define LEDGER_NAME_MAX 64        /* of contract, table and column, with terminator */
#define LEDGER_BLOCK_RECORDS 2728 /* a block is just under 64 KiB */

/* What the answers said about an event. Part of the format, never renumber. */
enum ledger_class {
    LEDGER_ACCEPTED = 1,   /* 202 */
    LEDGER_REJECTED = 2,   /* refused for its content: 422 or a verdict per event */
    LEDGER_NOT_TAKEN = 3,  /* the answer says that it was not taken */
    LEDGER_UNKNOWN = 4,    /* no answer, or one that leaves it open */
    LEDGER_NEVER_SENT = 5, /* no byte left */
    LEDGER_CLASSES = 6
};

struct ledger_record {
    uint64_t digest; /* see digest.h; 0 for an invalid event */
    int64_t ack_us;  /* wall clock when the class became known */
    uint32_t device;
    uint32_t seq;
    uint8_t class; /* enum ledger_class */
    bool invalid;  /* made to violate the contract */
};

struct ledger_column {
    char name[40]; /* SQL identifier, with terminator */
    uint8_t type;  /* enum digest_type */
};

/* What the file says about the whole run. */
struct ledger_run {
    uint64_t run; /* 64 bits of every event id */
    uint64_t seed;
    int64_t start_us; /* wall clock */
    uint32_t vehicles;
    uint32_t n_columns;
    char contract[LEDGER_NAME_MAX];
    char table[LEDGER_NAME_MAX];
    struct ledger_column columns[DIGEST_COLUMNS_MAX]; /* in the order of the digest */
};

/* --- writing: one owner thread; may block on the disk ------------------------------------------
 */

struct ledger_writer;

/* Creates or truncates the file. NULL with e. */
struct ledger_writer *ledger_create(const char *path, const struct ledger_run *run,
                                    struct err *e) MUST_CHECK;

/* event_us: the event's own time; first and last are kept for the audit's query. 0, or -1 with e
 * (disk full): the run must stop, since it could no longer be audited. */
int ledger_add(struct ledger_writer *w, const struct ledger_record *r, int64_t event_us,
               struct err *e) MUST_CHECK;

/* Hands what is buffered to the kernel. 0, or -1 with e. */
int ledger_flush(struct ledger_writer *w, struct err *e) MUST_CHECK;

/* Flushes, writes the end block and closes. w is gone either way. 0, or -1 with e. */
int ledger_finish(struct ledger_writer *w, struct err *e) MUST_CHECK;

/* --- reading ------------------------------------------------------------------------------------
 */

struct ledger_reader;

/* NULL with e: no such file, no ledger, another version or byte order, damaged header. */
struct ledger_reader *ledger_open(const char *path, struct err *e) MUST_CHECK;
void ledger_close(struct ledger_reader *r); /* NULL is allowed */

const struct ledger_run *ledger_run_of(const struct ledger_reader *r);

/* Back to the first record. */
void ledger_rewind(struct ledger_reader *r);

/* 1 and the next record, 0 at the end, -1 with e (a damaged block that is not the last). */
int ledger_next(struct ledger_reader *r, struct ledger_record *out, struct err *e) MUST_CHECK;

/* After ledger_next returned 0. */
bool ledger_clean(const struct ledger_reader *r); /* an end block was there */
int64_t ledger_first_event_us(const struct ledger_reader *r);
int64_t ledger_last_event_us(const struct ledger_reader *r);

#endif

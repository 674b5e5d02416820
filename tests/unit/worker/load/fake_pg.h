/*
 * A PostgreSQL for the loader's test: it understands just the statements that the worker sends,
 * keeps committed and uncommitted state apart, and breaks down where its owner says.
 */
#ifndef TIDEGATE_TESTS_FAKE_PG_H
#define TIDEGATE_TESTS_FAKE_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_PARTITIONS 4
#define FAKE_OFFSETS 20000

/* Where the next statement of a kind breaks. */
enum fake_fault {
    FAKE_NONE,
    FAKE_REFUSE_CONNECT, /* connection refused */
    FAKE_LOST_IN_COPY,   /* connection lost before the end of COPY */
    FAKE_LOST_BEFORE_COMMIT,
    FAKE_LOST_AFTER_COMMIT, /* committed, but the answer never came */
    FAKE_LOST_IN_ASK,
    FAKE_DISK_FULL,     /* SQLSTATE 53100 at the end of COPY */
    FAKE_SERIALIZATION, /* SQLSTATE 40001 at COMMIT */
    FAKE_OTHER_CLAIMS,  /* somebody else raises an epoch just before the offsets are moved */
    FAKE_FAULTS
};

struct fake_row {
    int64_t next;
    int64_t epoch;
    bool found;
};

struct fake_db {
    struct fake_row offsets[FAKE_PARTITIONS];
    uint8_t stored[FAKE_PARTITIONS][FAKE_OFFSETS]; /* how often each record is in the table */
    uint8_t dead[FAKE_PARTITIONS][FAKE_OFFSETS];
    /* in the running transaction */
    struct {
        int32_t partition;
        int64_t offset;
        bool dead;
    } pending[FAKE_OFFSETS];
    size_t n_pending;
    enum fake_fault fault; /* happens once, then FAKE_NONE */
    int64_t refuse_modulo; /* rows with offset % this == 0 are refused (22P05); 0: none */
    bool refuse_with_line;
    size_t connects;
    size_t copies;
};

/* The one database; tests reset it. */
extern struct fake_db fake_db;

#endif

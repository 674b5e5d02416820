/*
 * The audit: reads a ledger, waits for the table to catch up, streams the run's rows through the
 * check. Blocks on file and database. Thread: main.
 */
#ifndef TIDEGATE_LOADTEST_AUDIT_H
#define TIDEGATE_LOADTEST_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/histogram.h"
#include "loadtest/audit_check.h"

struct audit_conf {
    const char *ledger;
    const char *database;
    const char *table; /* or NULL: the ledger's */
    double wait_s;
    /* Called every few seconds of waiting. */
    void (*waiting)(void *arg, uint64_t stored, uint64_t expected, double elapsed_s);
    void *arg;
};

struct audit {
    struct audit_result result;
    struct ledger_run run;
    bool clean;        /* the ledger has its end */
    bool commit_times; /* the server keeps them */
    double read_s;     /* seconds of the last pass over the table */
    struct audit_check *check;
};

/* 0 and *out, or -1 with e. audit_release either way. */
int audit_run(const struct audit_conf *conf, struct audit *out, struct err *e) MUST_CHECK;
void audit_release(struct audit *a);

#endif

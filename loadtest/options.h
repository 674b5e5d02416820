/*
 * The command lines of loadtest. Pure but for the environment: LOADTEST_API_KEY stands in for
 * --api-key, DATABASE_URL for the --database of audit.
 */
#ifndef TIDEGATE_LOADTEST_OPTIONS_H
#define TIDEGATE_LOADTEST_OPTIONS_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/load.h"

/* Texts are borrowed from the arguments. */
struct options_run {
    const char *url;
    const char *api_key;  /* or NULL */
    const char *contract; /* vehicle-telemetry */
    const char *ledger;
    const char *database; /* or NULL: the table is not followed */
    const char *table;    /* or NULL: the contract's */
    const char *json;     /* or NULL */
    uint32_t vehicles;
    uint32_t connections;
    uint32_t batch;
    uint32_t retries;
    double rate;       /* events per second; 0: closed loop */
    double duration_s; /* 0: until stopped */
    double invalid;    /* share */
    double progress_s; /* 0: none */
    double timeout_s;
    uint64_t seed; /* 0: none given */
    enum load_format format;
};

struct options_audit {
    const char *ledger;
    const char *database;
    const char *table; /* or NULL: the ledger's */
    const char *json;  /* or NULL */
    double wait_s;
};

/* args are the words after the subcommand. 0, or -1 with e (ERR_USAGE). */
int options_parse_run(int n_args, char *const *args, struct options_run *o,
                      struct err *e) MUST_CHECK;
int options_parse_audit(int n_args, char *const *args, struct options_audit *o,
                        struct err *e) MUST_CHECK;

/* Text of --help. */
extern const char options_help[];

#endif

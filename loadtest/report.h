/*
 * What loadtest prints, and the same as JSON. Counts are one "name number" a line, for people and
 * for scripts. The only module of loadtest beside main that writes to standard output. Thread:
 * main.
 */
#ifndef TIDEGATE_LOADTEST_REPORT_H
#define TIDEGATE_LOADTEST_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/audit.h"
#include "loadtest/follow.h"
#include "loadtest/options.h"
#include "loadtest/stats.h"

/* Share of requests sent late above which the figures say more about the generator than about the
 * server. */
#define REPORT_LATE_SHARE 0.01

struct report_run {
    const struct options_run *options;
    uint64_t run;
    const struct stats *total;
    uint64_t not_made; /* events that were due and never made */
    double elapsed_s;  /* of sending */
    double cpu_s;      /* of the load thread */
    bool followed;
    struct follow_view view;
    const struct histogram *row_times;
};

struct report_progress {
    double elapsed_s;
    double interval_s;
    bool closed_loop;
    const struct stats *total;
    const struct stats *interval;
    bool followed;
    struct follow_view view;
    const struct histogram *row_times; /* of the interval */
};

/* First line of a run. */
void report_begin(const struct options_run *o, uint64_t run);
void report_progress(const struct report_progress *p);
void report_run(const struct report_run *r);
/* Writes the figures of the run as JSON. 0, or -1 with e. */
int report_run_json(const struct report_run *r, const char *path, struct err *e) MUST_CHECK;

/* waiting of struct audit_conf. */
void report_waiting(void *arg, uint64_t stored, uint64_t expected, double elapsed_s);
void report_audit(const struct audit *a);
int report_audit_json(const struct audit *a, const char *path, struct err *e) MUST_CHECK;

#endif

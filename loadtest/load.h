/*
 * One load thread: connections, schedule, answers, ledger. Everything that it touches on the way of
 * a request is its own; it publishes its counters a few times a second.
 */
#ifndef TIDEGATE_LOADTEST_LOAD_H
#define TIDEGATE_LOADTEST_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "loadtest/ledger.h"
#include "loadtest/payload.h"
#include "loadtest/recent.h"
#include "loadtest/stats.h"
#include "loadtest/target.h"

enum load_format { LOAD_JSON, LOAD_ARRAY, LOAD_NDJSON };

struct load_conf {
    const struct target *target;
    uint32_t vehicles;
    uint32_t connections; /* at most vehicles */
    double rate;          /* events per second; 0: closed loop */
    double duration_s;    /* 0: until load_stop */
    uint32_t batch;       /* events a request; 1 with LOAD_JSON */
    enum load_format format;
    uint32_t retries;   /* of a request whose outcome is unknown, or 429, or 503 */
    double invalid;     /* share of events that violate the contract */
    int64_t timeout_ms; /* of one request */
    uint64_t seed;
};

struct load;

/* Borrowed until load_free: payload, ledger, recent (or NULL), conf->target. */
struct load *load_new(const struct load_conf *conf, struct payload *payload,
                      struct ledger_writer *ledger, struct recent *recent,
                      struct err *e) MUST_CHECK;
void load_free(struct load *l); /* NULL is allowed; the thread has ended */

/* The thread's function (thread_fn): connects, runs the schedule, settles every event, ends. Calls
 * signals_request_stop at its end. */
void load_thread(void *load);

/* --- thread: any --------------------------------------------------------------------------------
 */

/* Nothing new is sent; what is in flight is waited for. */
void load_stop(struct load *l);

/* Adds what was counted since the last call to into. */
void load_take_stats(struct load *l, struct stats *into);

enum load_state { LOAD_CONNECTING, LOAD_RUNNING, LOAD_DRAINING, LOAD_DONE };
enum load_state load_state(struct load *l);

/* Monotonic ns of the schedule's start, 0 before. */
int64_t load_started_ns(struct load *l);

/* --- after the thread has been joined -----------------------------------------------------------
 */

/* Why it ended early: ERR_NONE, ERR_DENIED (401, 403), ERR_IO (ledger), ERR_SYSTEM. */
const struct err *load_error(const struct load *l);
uint64_t load_unmade(const struct load *l);    /* events that were due but never made */
int64_t load_elapsed_ns(const struct load *l); /* start of the schedule to the last answer */
int64_t load_cpu_ns(const struct load *l);     /* CPU time of the thread between these */

#endif

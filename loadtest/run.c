/*
 * Start, progress, stop on a signal, summary. The load itself runs in load.c on its own thread.
 */
#include "loadtest/run.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "common/base/thread.h"
#include "loadtest/follow.h"
#include "loadtest/load.h"
#include "loadtest/report.h"

#define PROBE_MS 5000
#define SAMPLE_EVENTS 2000.0          /* a second whose way to the row is measured */
#define FOLLOW_LAST_NS (2 * NS_PER_S) /* to see the last rows in the summary */

struct run {
    const struct options_run *o;
    struct target target;
    struct payload *payload;
    struct ledger_writer *ledger;
    struct recent *recent;
    struct follow *follow;
    struct load *load;
    struct thread *thread;
    struct ledger_run about;
    struct stats total;
    struct stats interval;
    struct follow_view view;
    struct histogram *row_times;          /* whole run */
    struct histogram *interval_row_times; /* since the last line */
};

static int open_target(struct run *r, struct err *e)
{
    char path[16 + LEDGER_NAME_MAX];
    (void)snprintf(path, sizeof path, "/v1/events/%s", r->about.contract);
    struct target_conf conf = {.url = r->o->url,
                               .path = path,
                               .content_type = r->o->format == LOAD_NDJSON ? "application/x-ndjson"
                                                                           : "application/json",
                               .api_key = r->o->api_key};
    if (target_init(&r->target, &conf, e) != 0) {
        return -1;
    }
    return target_probe(&r->target, PROBE_MS, e);
}

static int make_fleet(struct run *r, struct err *e)
{
    uint64_t random[2];
    if (random_bytes(random, sizeof random, e) != 0) {
        return -1;
    }
    memset(&r->about, 0, sizeof r->about); /* padding too: it goes into a file */
    r->about.run = random[0];
    r->about.seed = r->o->seed != 0 ? r->o->seed : random[1];
    r->about.start_us = clock_wall_us();
    r->about.vehicles = r->o->vehicles;
    struct payload_conf conf = {.contract = r->o->contract,
                                .run = r->about.run,
                                .seed = r->about.seed,
                                .vehicles = r->o->vehicles};
    r->payload = payload_new(&conf, e);
    if (r->payload == NULL) {
        return -1;
    }
    payload_describe(r->payload, &r->about);
    if (r->o->table != NULL) {
        if (strlen(r->o->table) >= sizeof r->about.table) {
            err_set(e, ERR_USAGE, "--table: name too long");
            return -1;
        }
        (void)snprintf(r->about.table, sizeof r->about.table, "%s", r->o->table);
    }
    return 0;
}

/* Vehicles whose events are followed to their rows. */
static uint32_t sample_devices(const struct options_run *o)
{
    double per_vehicle = o->rate / o->vehicles;
    double n = o->rate > 0 ? SAMPLE_EVENTS / per_vehicle : 16;
    return n < 1 ? 1 : n > o->vehicles ? o->vehicles : (uint32_t)n;
}

static int start_follow(struct run *r, struct err *e)
{
    if (r->o->database == NULL) {
        return 0;
    }
    r->recent = recent_new(sample_devices(r->o));
    struct follow_conf conf = {.database = r->o->database,
                               .table = r->about.table,
                               .run = r->about.run,
                               .start_us = r->about.start_us,
                               .recent = r->recent};
    r->follow = follow_start(&conf, e);
    return r->follow == NULL ? -1 : 0;
}

static int start_load(struct run *r, struct err *e)
{
    struct load_conf conf = {.target = &r->target,
                             .vehicles = r->o->vehicles,
                             .connections = r->o->connections,
                             .rate = r->o->rate,
                             .duration_s = r->o->duration_s,
                             .batch = r->o->batch,
                             .format = r->o->format,
                             .retries = r->o->retries,
                             .invalid = r->o->invalid,
                             .timeout_ms = (int64_t)(r->o->timeout_s * 1000),
                             .seed = r->about.seed};
    r->load = load_new(&conf, r->payload, r->ledger, r->recent, e);
    if (r->load == NULL) {
        return -1;
    }
    r->thread = thread_start("load", load_thread, r->load, e);
    return r->thread == NULL ? -1 : 0;
}

/* Brings total and interval up to now. */
static void collect(struct run *r)
{
    load_take_stats(r->load, &r->interval);
    if (r->follow != NULL) {
        r->view = follow_look(r->follow, r->interval_row_times);
    }
}

static void close_interval(struct run *r)
{
    stats_take(&r->total, &r->interval);
    if (r->follow != NULL) {
        histogram_merge(r->row_times, r->interval_row_times);
        histogram_reset(r->interval_row_times);
    }
}

static void print_progress(struct run *r, double elapsed_s, double interval_s)
{
    collect(r);
    struct stats shown = r->total; /* counts only; histograms stay where they are */
    shown.made += r->interval.made;
    for (int i = 0; i < LEDGER_CLASSES; i++) {
        shown.events[i] += r->interval.events[i];
    }
    struct report_progress p = {.elapsed_s = elapsed_s,
                                .interval_s = interval_s,
                                .closed_loop = r->o->rate <= 0,
                                .total = &shown,
                                .interval = &r->interval,
                                .followed = r->follow != NULL,
                                .view = r->view,
                                .row_times = r->interval_row_times};
    report_progress(&p);
    close_interval(r);
}

/* Until the load thread is done; a first signal stops the schedule. */
static void watch(struct run *r)
{
    int64_t step_ns = (int64_t)(r->o->progress_s * 1e9);
    int64_t last_ns = 0;
    while (load_state(r->load) != LOAD_DONE) {
        int64_t now_ns = clock_mono_ns();
        int64_t start_ns = load_started_ns(r->load);
        int64_t wait_ms = 500;
        if (start_ns != 0 && step_ns > 0) {
            last_ns = last_ns == 0 ? start_ns : last_ns;
            int64_t next_ns = start_ns + ((last_ns - start_ns) / step_ns + 1) * step_ns;
            if (now_ns >= next_ns) {
                print_progress(r, (double)(now_ns - start_ns) / 1e9,
                               (double)(now_ns - last_ns) / 1e9);
                last_ns = now_ns;
                continue;
            }
            wait_ms = (next_ns - now_ns) / NS_PER_MS + 1;
        }
        if (signals_wait(wait_ms) == SIGNALS_STOP) {
            load_stop(r->load);
        }
    }
}

/* Lets the follower see what is stored within a short time after the end. */
static void watch_last_rows(struct run *r)
{
    int64_t end_ns = clock_mono_ns() + FOLLOW_LAST_NS;
    while (r->follow != NULL && clock_mono_ns() < end_ns) {
        collect(r);
        if (r->view.away || r->view.stored >= r->total.events[LEDGER_ACCEPTED] +
                                                  r->interval.events[LEDGER_ACCEPTED]) {
            break;
        }
        (void)signals_wait(100);
    }
}

static int summarise(struct run *r, struct err *e)
{
    collect(r);
    close_interval(r);
    struct report_run report = {.options = r->o,
                                .run = r->about.run,
                                .total = &r->total,
                                .not_made = load_unmade(r->load),
                                .elapsed_s = (double)load_elapsed_ns(r->load) / 1e9,
                                .cpu_s = (double)load_cpu_ns(r->load) / 1e9,
                                .followed = r->follow != NULL,
                                .view = r->view,
                                .row_times = r->row_times};
    report_run(&report);
    if (r->o->json != NULL && report_run_json(&report, r->o->json, e) != 0) {
        return -1;
    }
    if (load_error(r->load)->code != ERR_NONE) {
        *e = *load_error(r->load);
        return -1;
    }
    if (r->total.requests > 0 &&
        r->total.events[LEDGER_ACCEPTED] + r->total.events[LEDGER_REJECTED] == 0) {
        unsigned most = 0;
        for (unsigned i = 1; i < STATS_STATUS_MAX; i++) {
            most = r->total.status[i] > r->total.status[most] ? i : most;
        }
        if (most == 0) {
            err_set(e, ERR_UNAVAILABLE, "%s answered nothing", r->target.name);
        } else {
            err_set(e, ERR_UNAVAILABLE, "%s accepted nothing; most answers had status %u",
                    r->target.name, most);
        }
        return -1;
    }
    return 0;
}

static void release(struct run *r)
{
    follow_stop(r->follow);
    load_free(r->load);
    recent_free(r->recent);
    payload_free(r->payload);
    target_release(&r->target);
    stats_release(&r->total);
    stats_release(&r->interval);
    histogram_free(r->row_times);
    histogram_free(r->interval_row_times);
}

int run_load(const struct options_run *o, struct err *e)
{
    struct run r = {.o = o};
    stats_init(&r.total);
    stats_init(&r.interval);
    r.row_times = histogram_new(FOLLOW_ROW_MAX_NS);
    r.interval_row_times = histogram_new(FOLLOW_ROW_MAX_NS);
    int rc = -1;
    if (make_fleet(&r, e) != 0 || open_target(&r, e) != 0 || start_follow(&r, e) != 0) {
        goto done;
    }
    r.ledger = ledger_create(o->ledger, &r.about, e);
    if (r.ledger == NULL) {
        goto done;
    }
    report_begin(o, r.about.run);
    rc = start_load(&r, e);
    if (rc == 0) {
        watch(&r);
        thread_join(r.thread);
        watch_last_rows(&r);
        rc = summarise(&r, e);
    }
    struct err closing;
    if (ledger_finish(r.ledger, &closing) != 0 && rc == 0) {
        *e = closing;
        rc = -1;
    }
done:
    release(&r);
    return rc;
}

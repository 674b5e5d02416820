/*
 * Plain lines. A progress line is one look at the run; the summary is for reading and for grep.
 */
#include "loadtest/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "loadtest/ident.h"

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static double quantile_ms(const struct histogram *h, double q)
{
    return ms(histogram_quantile(h, q));
}

void report_begin(const struct options_run *o, uint64_t run)
{
    printf("run %016" PRIx64 ": %s, %" PRIu32 " vehicles, ", run, o->contract, o->vehicles);
    if (o->rate > 0) {
        printf("open loop at %g events/s", o->rate);
    } else {
        printf("closed loop at full speed");
    }
    printf(", %" PRIu32 " connections, batch %" PRIu32, o->connections, o->batch);
    if (o->duration_s > 0) {
        printf(", %g s", o->duration_s);
    }
    printf("\n");
    (void)fflush(stdout);
}

static void print_follow(const struct report_progress *p)
{
    if (p->view.away) {
        printf("  stored ? (database away)");
        return;
    }
    uint64_t accepted = p->total->events[LEDGER_ACCEPTED];
    uint64_t stored = p->view.stored;
    printf("  stored %" PRIu64 "  lag %" PRIu64, stored, accepted > stored ? accepted - stored : 0);
    if (!p->view.commit_times) {
        printf("  202->row unknown (track_commit_timestamp is off)");
    } else if (histogram_count(p->row_times) > 0) {
        printf("  202->row p95 %.0f ms", quantile_ms(p->row_times, 0.95));
    }
}

void report_progress(const struct report_progress *p)
{
    const struct stats *t = p->total;
    const struct stats *i = p->interval;
    printf("%7.1f s  sent %" PRIu64 "  accepted %" PRIu64 "  rejected %" PRIu64
           "  not_taken %" PRIu64 "  unknown %" PRIu64 "  %.0f/s",
           p->elapsed_s, t->made, t->events[LEDGER_ACCEPTED], t->events[LEDGER_REJECTED],
           t->events[LEDGER_NOT_TAKEN], t->events[LEDGER_UNKNOWN],
           (double)i->events[LEDGER_ACCEPTED] / (p->interval_s > 0 ? p->interval_s : 1));
    if (histogram_count(i->latency) > 0) {
        printf("  202 p50 %.1f p95 %.1f p99 %.1f ms", quantile_ms(i->latency, 0.5),
               quantile_ms(i->latency, 0.95), quantile_ms(i->latency, 0.99));
    }
    if (i->backlog > 0) {
        printf("  backlog %" PRIu64, i->backlog);
    }
    if (p->followed) {
        print_follow(p);
    }
    if (p->closed_loop) {
        printf("  (closed loop)");
    }
    printf("\n");
    (void)fflush(stdout);
}

/* Three digits that mean something: 0.0512, 7.31, 84.2, 1860. */
static void print_ms(const char *name, double v)
{
    int decimals = v >= 100 ? 0 : v >= 10 ? 1 : v >= 1 ? 2 : v >= 0.1 ? 3 : 4;
    printf("  %s %.*f", name, decimals, v);
}

static void print_quantiles(const char *name, const struct histogram *h)
{
    if (histogram_count(h) == 0) {
        return;
    }
    printf("%-33s", name);
    print_ms("p50", quantile_ms(h, 0.5));
    print_ms("p90", quantile_ms(h, 0.9));
    print_ms("p95", quantile_ms(h, 0.95));
    print_ms("p99", quantile_ms(h, 0.99));
    print_ms("p99.9", quantile_ms(h, 0.999));
    print_ms("max", ms(histogram_max(h)));
    printf(" ms\n");
}

static void print_count(const char *name, uint64_t n, bool always)
{
    if (always || n > 0) {
        printf("%s %" PRIu64 "\n", name, n);
    }
}

static void print_counts(const struct report_run *r)
{
    const struct stats *t = r->total;
    print_count("sent", t->made, true);
    print_count("accepted", t->events[LEDGER_ACCEPTED], true);
    print_count("rejected", t->events[LEDGER_REJECTED], true);
    print_count("not_taken", t->events[LEDGER_NOT_TAKEN], true);
    print_count("unknown", t->events[LEDGER_UNKNOWN], true);
    print_count("never_sent", t->events[LEDGER_NEVER_SENT], true);
    print_count("not_made", r->not_made, true);
    print_count("valid_rejected", t->valid_rejected, false);
    print_count("invalid_accepted", t->flawed_accepted, false);
    print_count("requests", t->requests, true);
    print_count("retries", t->retries, false);
    print_count("timeouts", t->timeouts, false);
    print_count("resets", t->resets, false);
    print_count("failed_connects", t->connects_failed, false);
    print_count("bad_answers", t->bad_answers, false);
    for (unsigned s = 0; s < STATS_STATUS_MAX; s++) {
        if (t->status[s] > 0) {
            printf("status_%u %" PRIu64 "\n", s, t->status[s]);
        }
    }
    if (r->followed && !r->view.away) {
        print_count("stored", r->view.stored, true);
    }
}

static void print_warnings(const struct report_run *r)
{
    const struct stats *t = r->total;
    double share = t->requests == 0 ? 0 : (double)t->late / (double)t->requests;
    if (r->options->rate > 0 && share > REPORT_LATE_SHARE) {
        printf("WARNING: the generator was late by more than 1 ms for %.1f %% of the requests: its "
               "machine is too busy for this rate, the latencies contain that\n",
               share * 100);
    }
    if (r->not_made > 0) {
        printf("WARNING: %" PRIu64 " events were due and not sent: the server took less than the "
               "rate\n",
               r->not_made);
    }
    if (t->flawed_accepted > 0) {
        printf("WARNING: %" PRIu64 " events that violate the contract were accepted\n",
               t->flawed_accepted);
    }
    if (t->valid_rejected > 0) {
        printf("WARNING: %" PRIu64
               " valid events were rejected: has the server another contract?\n",
               t->valid_rejected);
    }
}

void report_run(const struct report_run *r)
{
    const struct stats *t = r->total;
    printf("\n");
    print_counts(r);
    double s = r->elapsed_s > 0 ? r->elapsed_s : 1;
    printf("rate %.1f accepted events/s, %.1f requests/s over %.2f s%s\n",
           (double)t->events[LEDGER_ACCEPTED] / s, (double)t->requests / s, r->elapsed_s,
           r->options->rate > 0 ? "" : " (closed loop)");
    if (r->options->rate > 0) {
        print_quantiles("202, from the intended time", t->latency);
        print_quantiles("202, from the send (service time)", t->service);
        print_quantiles("send lag of the generator", t->lag);
        print_count("backlog_max", t->backlog_max, true);
    } else {
        print_quantiles("202, closed loop: from the send", t->service);
    }
    if (r->followed && histogram_count(r->row_times) > 0) {
        print_quantiles("202 -> row, of a sample", r->row_times);
    }
    if (t->requests > 0) {
        printf("generator %.2f us of CPU a request\n", r->cpu_s * 1e6 / (double)t->requests);
    }
    print_warnings(r);
    (void)fflush(stdout);
}

void report_waiting(void *arg, uint64_t stored, uint64_t expected, double elapsed_s)
{
    (void)arg;
    printf("waiting since %.0f s: %" PRIu64 " of %" PRIu64 " stored\n", elapsed_s, stored,
           expected);
    (void)fflush(stdout);
}

static void print_samples(const struct audit *a)
{
    for (int f = 0; f < AUDIT_FINDINGS; f++) {
        uint64_t n = a->result.findings[f];
        for (uint64_t i = 0; i < n && i < AUDIT_SAMPLES_MAX; i++) {
            const struct audit_place *p = &a->result.samples[f][i];
            uint8_t id[IDENT_SIZE];
            char text[IDENT_TEXT];
            ident_make(a->run.run, p->device % IDENT_DEVICES_MAX, p->seq, id);
            ident_text(id, text);
            printf("  %s: %.*s (device #%" PRIu32 ", event #%" PRIu32 ")\n",
                   audit_finding_name((enum audit_finding)f), IDENT_TEXT, text, p->device, p->seq);
        }
        if (n > AUDIT_SAMPLES_MAX) {
            printf("  %s: and others\n", audit_finding_name((enum audit_finding)f));
        }
    }
}

void report_audit(const struct audit *a)
{
    const struct audit_result *r = &a->result;
    printf("audit of run %016" PRIx64 ", table %s\n", a->run.run, a->run.table);
    if (!a->clean) {
        printf("the ledger has no end: the generator was killed; what it had under way is "
               "\"unrecorded\"\n");
    }
    print_samples(a);
    print_count("accepted", r->classes[LEDGER_ACCEPTED], true);
    print_count("rejected", r->classes[LEDGER_REJECTED], true);
    print_count("not_taken", r->classes[LEDGER_NOT_TAKEN], true);
    print_count("unknown", r->classes[LEDGER_UNKNOWN], true);
    print_count("never_sent", r->classes[LEDGER_NEVER_SENT], true);
    print_count("stored", r->stored, true);
    for (int f = 0; f < AUDIT_FINDINGS; f++) {
        print_count(audit_finding_name((enum audit_finding)f), r->findings[f], true);
    }
    print_count("unknown_stored", r->unknown_stored, true);
    print_count("unknown_absent", r->unknown_absent, true);
    print_count("unrecorded", r->unrecorded, !a->clean);
    const struct histogram *times = audit_check_row_times(a->check);
    if (a->commit_times) {
        print_quantiles("202 -> row", times);
    } else {
        printf("202 -> row: not known, the server has track_commit_timestamp off\n");
    }
    if (r->classes[LEDGER_ACCEPTED] == 0) {
        printf("nothing was accepted, so nothing is proved\n");
    }
    printf("audit: %s\n", r->pass ? "PASS" : "FAIL");
    (void)fflush(stdout);
}

/*
 * The figures of a run and of an audit as one JSON object each; times in milliseconds.
 */
#include "loadtest/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/base/buf.h"

#define JSON_MAX ((size_t)1 << 20)

static int add_count(struct buf *b, const char *name, uint64_t n)
{
    return buf_addf(b, ",\"%s\":%" PRIu64, name, n);
}

static int add_quantiles(struct buf *b, const char *name, const struct histogram *h)
{
    static const struct {
        const char *name;
        double q;
    } qs[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
    if (histogram_count(h) == 0) {
        return buf_addf(b, ",\"%s\":null", name);
    }
    if (buf_addf(b, ",\"%s\":{\"count\":%" PRIu64, name, histogram_count(h)) != 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(qs); i++) {
        if (buf_addf(b, ",\"%s\":%.6g", qs[i].name, (double)histogram_quantile(h, qs[i].q) / 1e6) !=
            0) {
            return -1;
        }
    }
    return buf_addf(b, ",\"max\":%.6g,\"mean\":%.6g}", (double)histogram_max(h) / 1e6,
                    histogram_mean(h) / 1e6);
}

static int add_options(struct buf *b, const struct options_run *o)
{
    if (buf_addf(b, ",\"contract\":") != 0 || buf_add_json(b, str_of(o->contract)) != 0 ||
        buf_addf(b,
                 ",\"loop\":\"%s\",\"batch\":%" PRIu32 ",\"vehicles\":%" PRIu32
                 ",\"connections\":%" PRIu32 ",\"invalid\":%.6g,\"duration_s\":%.6g",
                 o->rate > 0 ? "open" : "closed", o->batch, o->vehicles, o->connections, o->invalid,
                 o->duration_s) != 0) {
        return -1;
    }
    return o->rate > 0 ? buf_addf(b, ",\"rate\":%.6g", o->rate) : buf_addf(b, ",\"rate\":null");
}

static int add_statuses(struct buf *b, const struct stats *t)
{
    int rc = buf_addf(b, ",\"status\":{");
    bool first = true;
    for (unsigned s = 0; rc == 0 && s < STATS_STATUS_MAX; s++) {
        if (t->status[s] > 0) {
            rc = buf_addf(b, "%s\"%u\":%" PRIu64, first ? "" : ",", s, t->status[s]);
            first = false;
        }
    }
    return rc != 0 ? rc : buf_addf(b, "}");
}

static int add_run(struct buf *b, const struct report_run *r)
{
    const struct stats *t = r->total;
    int rc = buf_addf(b, "{\"run\":\"%016" PRIx64 "\"", r->run);
    rc |= add_options(b, r->options);
    rc |= add_count(b, "sent", t->made);
    rc |= add_count(b, "accepted", t->events[LEDGER_ACCEPTED]);
    rc |= add_count(b, "rejected", t->events[LEDGER_REJECTED]);
    rc |= add_count(b, "not_taken", t->events[LEDGER_NOT_TAKEN]);
    rc |= add_count(b, "unknown", t->events[LEDGER_UNKNOWN]);
    rc |= add_count(b, "never_sent", t->events[LEDGER_NEVER_SENT]);
    rc |= add_count(b, "not_made", r->not_made);
    rc |= add_count(b, "valid_rejected", t->valid_rejected);
    rc |= add_count(b, "invalid_accepted", t->flawed_accepted);
    rc |= add_count(b, "requests", t->requests);
    rc |= add_count(b, "retries", t->retries);
    rc |= add_count(b, "timeouts", t->timeouts);
    rc |= add_count(b, "resets", t->resets);
    rc |= add_count(b, "late", t->late);
    rc |= add_count(b, "backlog_max", t->backlog_max);
    rc |= add_statuses(b, t);
    rc |= buf_addf(b, ",\"elapsed_s\":%.6g,\"generator_cpu_s\":%.6g", r->elapsed_s, r->cpu_s);
    rc |= add_quantiles(b, "latency_ms", t->latency);
    rc |= add_quantiles(b, "service_ms", t->service);
    rc |= add_quantiles(b, "send_lag_ms", t->lag);
    if (r->followed) {
        rc |= add_count(b, "stored", r->view.stored);
        rc |= add_quantiles(b, "row_ms", r->row_times);
    }
    rc |= buf_addf(b, "}\n");
    return rc;
}

static int add_audit(struct buf *b, const struct audit *a)
{
    const struct audit_result *r = &a->result;
    int rc = buf_addf(b, "{\"run\":\"%016" PRIx64 "\",\"pass\":%s,\"ledger_complete\":%s",
                      a->run.run, r->pass ? "true" : "false", a->clean ? "true" : "false");
    rc |= add_count(b, "accepted", r->classes[LEDGER_ACCEPTED]);
    rc |= add_count(b, "rejected", r->classes[LEDGER_REJECTED]);
    rc |= add_count(b, "not_taken", r->classes[LEDGER_NOT_TAKEN]);
    rc |= add_count(b, "unknown", r->classes[LEDGER_UNKNOWN]);
    rc |= add_count(b, "never_sent", r->classes[LEDGER_NEVER_SENT]);
    rc |= add_count(b, "stored", r->stored);
    for (int f = 0; f < AUDIT_FINDINGS; f++) {
        rc |= add_count(b, audit_finding_name((enum audit_finding)f), r->findings[f]);
    }
    rc |= add_count(b, "unknown_stored", r->unknown_stored);
    rc |= add_count(b, "unknown_absent", r->unknown_absent);
    rc |= add_count(b, "unrecorded", r->unrecorded);
    rc |= add_quantiles(b, "row_ms", audit_check_row_times(a->check));
    rc |= buf_addf(b, ",\"read_s\":%.6g}\n", a->read_s);
    return rc;
}

static int write_file(const char *path, const struct buf *b, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errno, "create %s", path);
        return -1;
    }
    ssize_t n = write(fd, b->p, b->n);
    int why = n < 0 ? errno : n < (ssize_t)b->n ? ENOSPC : 0;
    if (close(fd) != 0 && why == 0) {
        why = errno;
    }
    if (why != 0) {
        err_set_errno(e, ERR_IO, why, "write %s", path);
        return -1;
    }
    return 0;
}

static int finish(struct buf *b, int rc, const char *path, struct err *e)
{
    if (rc != 0) {
        err_set(e, ERR_LIMIT, "%s: the figures are too long", path);
    } else {
        rc = write_file(path, b, e);
    }
    buf_release(b);
    return rc;
}

int report_run_json(const struct report_run *r, const char *path, struct err *e)
{
    struct buf b;
    buf_init(&b, JSON_MAX);
    return finish(&b, add_run(&b, r), path, e);
}

int report_audit_json(const struct audit *a, const char *path, struct err *e)
{
    struct buf b;
    buf_init(&b, JSON_MAX);
    return finish(&b, add_audit(&b, a), path, e);
}

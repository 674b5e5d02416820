/*
 * Plain sums; histograms keep the whole distribution, so that quantiles are never averaged.
 */
#include "loadtest/stats.h"

void stats_init(struct stats *s)
{
    *s = (struct stats){.latency = histogram_new(STATS_LATENCY_MAX_NS),
                        .service = histogram_new(STATS_LATENCY_MAX_NS),
                        .lag = histogram_new(STATS_LATENCY_MAX_NS)};
}

void stats_release(struct stats *s)
{
    histogram_free(s->latency);
    histogram_free(s->service);
    histogram_free(s->lag);
    *s = (struct stats){.requests = 0};
}

static void take_histogram(struct histogram *into, struct histogram *from)
{
    histogram_merge(into, from);
    histogram_reset(from);
}

void stats_take(struct stats *into, struct stats *from)
{
    into->requests += from->requests;
    into->attempts += from->attempts;
    into->late += from->late;
    into->made += from->made;
    for (int i = 0; i < LEDGER_CLASSES; i++) {
        into->events[i] += from->events[i];
    }
    into->flawed_accepted += from->flawed_accepted;
    into->valid_rejected += from->valid_rejected;
    into->retries += from->retries;
    into->timeouts += from->timeouts;
    into->resets += from->resets;
    into->connects += from->connects;
    into->connects_failed += from->connects_failed;
    into->bad_answers += from->bad_answers;
    for (int i = 0; i < STATS_STATUS_MAX; i++) {
        into->status[i] += from->status[i];
    }
    into->backlog = from->backlog;
    if (from->backlog_max > into->backlog_max) {
        into->backlog_max = from->backlog_max;
    }
    take_histogram(into->latency, from->latency);
    take_histogram(into->service, from->service);
    take_histogram(into->lag, from->lag);
    struct stats empty = {.latency = from->latency,
                          .service = from->service,
                          .lag = from->lag,
                          .backlog = from->backlog};
    *from = empty;
}

/*
 * Counters, gauges and histograms, declared once in a table (<program>/metrics.def) and written in
 * the Prometheus text format 0.0.4.
 *
 * Each thread counts into its own shard; a scrape adds the shards up. Gauges are set in one place.
 * A metric may have one set of label values, given at start (closed set: route and code, contract,
 * reason); index 0 is the only series of a metric without labels.
 */
#ifndef TIDEGATE_BASE_METRICS_H
#define TIDEGATE_BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_def {
    const char *name;      /* Prometheus name with unit suffix: _total, _seconds, _bytes */
    enum metric_type type; /* histograms are of durations, observed in ns, exposed in seconds */
    const char *labels;    /* label keys in order, comma separated ("route,code"), "" for none */
    const char *help;      /* one sentence */
};

struct metrics;       /* the registry */
struct metrics_shard; /* one thread's counters */

/* defs must outlive the registry; the id of a metric is its index in defs. */
struct metrics *metrics_new(const struct metric_def *defs, size_t n) MUST_CHECK;
/* Frees the registry and all shards. NULL is allowed. */
void metrics_free(struct metrics *m);

/* Gives metric id its label sets, each the text inside the braces: route="events",code="202".
 * Copies. Call before the first shard is made; at most once per metric. */
void metrics_labels(struct metrics *m, size_t id, const char *const *sets, size_t n);

/* A shard for the calling thread; owned by the registry. Thread: any (locks). */
struct metrics_shard *metrics_shard(struct metrics *m) MUST_CHECK;

/* Thread: the one that the shard was made for. series is the index of the label set, 0 without. */
void metrics_add(struct metrics_shard *s, size_t id, size_t series, uint64_t n);
void metrics_observe(struct metrics_shard *s, size_t id, size_t series, int64_t ns);
/* The same value so many times. */
void metrics_observe_n(struct metrics_shard *s, size_t id, size_t series, int64_t ns,
                       uint64_t times);

/* Thread: any. */
void metrics_gauge(struct metrics *m, size_t id, size_t series, int64_t value);
void metrics_gauge_real(struct metrics *m, size_t id, size_t series, double value);

/* Sum over all shards of one counter series. Thread: any; a moment's view. */
uint64_t metrics_value(struct metrics *m, size_t id, size_t series);

/* Appends the exposition text. 0, or -1 when out's limit ends. Thread: any. */
int metrics_render(struct metrics *m, struct buf *out) MUST_CHECK;

/* Upper bounds of the histogram buckets in seconds (1 ms to 60 s, 1-2-5 steps), n of them. */
const double *metrics_buckets(size_t *n);

#endif

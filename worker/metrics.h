/*
 * The worker's metrics: worker/metrics.def as ids.
 */
#ifndef TIDEGATE_WORKER_METRICS_H
#define TIDEGATE_WORKER_METRICS_H

#include "common/base/compiler.h"
#include "common/base/metrics.h"
#include "worker/streams.h"

enum worker_metric {
#define METRIC(id, name, type, labels, help) METRIC_##id,
#include "worker/metrics.def"
#undef METRIC
    WORKER_METRICS
};

extern const struct metric_def worker_metric_defs[WORKER_METRICS];

/* A registry with the label sets of the streams and reasons. Caller frees by metrics_free. */
struct metrics *worker_metrics_new(const struct streams *streams) MUST_CHECK;

#endif

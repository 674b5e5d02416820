#include "worker/metrics.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "worker/dead.h"

const struct metric_def worker_metric_defs[WORKER_METRICS] = {
#define METRIC(id, name, type, labels, help) {"tidegate_worker_" name, METRIC_##type, labels, help},
#include "worker/metrics.def"
#undef METRIC
};

#define LABEL_SIZE 128

struct metrics *worker_metrics_new(const struct streams *streams)
{
    struct metrics *m = metrics_new(worker_metric_defs, WORKER_METRICS);
    size_t n = streams->n > DEAD_REASONS ? streams->n : DEAD_REASONS;
    char(*texts)[LABEL_SIZE] = mem_calloc(n, sizeof *texts);
    const char **sets = mem_calloc(n, sizeof *sets);
    for (size_t i = 0; i < streams->n; i++) {
        (void)snprintf(texts[i], LABEL_SIZE, "contract=\"%s\"",
                       contract_name(streams->items[i].contract));
        sets[i] = texts[i];
    }
    metrics_labels(m, METRIC_STORED, sets, streams->n);
    for (size_t i = 0; i < DEAD_REASONS; i++) {
        (void)snprintf(texts[i], LABEL_SIZE, "reason=\"%s\"",
                       dead_reason_text((enum dead_reason)i));
        sets[i] = texts[i];
    }
    metrics_labels(m, METRIC_DEAD, sets, DEAD_REASONS);
    mem_free(sets);
    mem_free(texts);
    return m;
}

/*
 * Layout: every series of every metric has a run of 64-bit cells at a fixed place (counter and
 * gauge one cell, histogram one per bucket, then count and sum in ns). A shard is an array of all
 * cells, written by one thread and read by the scrape with relaxed atomics: a scrape may see one
 * observation half, which the next one mends.
 */
#include "common/base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"

static const double bucket_bounds[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                       0.5,   1,     2,     5,    10,   20,   60};
#define BUCKETS ARRAY_SIZE(bucket_bounds)
#define CELLS_OF_HISTOGRAM (BUCKETS + 3) /* buckets, +Inf, count, sum */
#define CELL_COUNT (BUCKETS + 1)
#define CELL_SUM (BUCKETS + 2)

struct family {
    char **labels; /* one text per series; NULL: the single series without labels */
    size_t n;      /* series */
    size_t first;  /* cell of series 0 */
    size_t stride; /* cells per series */
};

struct metrics_shard {
    struct metrics_shard *next;
    const struct metrics *owner;
    _Atomic uint64_t cells[];
};

struct metrics {
    const struct metric_def *defs;
    size_t n;
    struct family *families;
    size_t n_cells; /* set when the first shard is made */
    bool frozen;
    _Atomic uint64_t *gauges; /* bit patterns of doubles, same places as the cells */
    pthread_mutex_t lock;     /* guards shards */
    struct metrics_shard *shards;
};

struct metrics *metrics_new(const struct metric_def *defs, size_t n)
{
    struct metrics *m = mem_calloc(1, sizeof *m);
    m->defs = defs;
    m->n = n;
    m->families = mem_calloc(n, sizeof *m->families);
    for (size_t i = 0; i < n; i++) {
        m->families[i].n = 1;
        m->families[i].stride = defs[i].type == METRIC_HISTOGRAM ? CELLS_OF_HISTOGRAM : 1;
    }
    (void)pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void family_release(struct family *f)
{
    if (f->labels == NULL) {
        return;
    }
    for (size_t i = 0; i < f->n; i++) {
        mem_free(f->labels[i]);
    }
    mem_free(f->labels);
    f->labels = NULL;
}

void metrics_free(struct metrics *m)
{
    if (m == NULL) {
        return;
    }
    struct metrics_shard *s = m->shards;
    while (s != NULL) {
        struct metrics_shard *next = s->next;
        mem_free(s);
        s = next;
    }
    for (size_t i = 0; i < m->n; i++) {
        family_release(&m->families[i]);
    }
    (void)pthread_mutex_destroy(&m->lock);
    mem_free(m->families);
    mem_free(m->gauges);
    mem_free(m);
}

void metrics_labels(struct metrics *m, size_t id, const char *const *sets, size_t n)
{
    assert(id < m->n && !m->frozen && m->families[id].labels == NULL);
    struct family *f = &m->families[id];
    f->labels = mem_calloc(n, sizeof *f->labels);
    f->n = n;
    for (size_t i = 0; i < n; i++) {
        f->labels[i] = mem_strdup(sets[i]);
    }
}

static void freeze(struct metrics *m)
{
    if (m->frozen) {
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < m->n; i++) {
        m->families[i].first = at;
        at += m->families[i].n * m->families[i].stride;
    }
    m->n_cells = at;
    m->gauges = mem_calloc(at, sizeof *m->gauges);
    m->frozen = true;
}

struct metrics_shard *metrics_shard(struct metrics *m)
{
    (void)pthread_mutex_lock(&m->lock);
    freeze(m);
    struct metrics_shard *s = mem_calloc(1, sizeof *s + m->n_cells * sizeof s->cells[0]);
    s->owner = m;
    s->next = m->shards;
    m->shards = s;
    (void)pthread_mutex_unlock(&m->lock);
    return s;
}

static size_t cell_of(const struct metrics *m, size_t id, size_t series)
{
    assert(id < m->n && series < m->families[id].n);
    return m->families[id].first + series * m->families[id].stride;
}

/* One writer per shard: a load and a store are enough, no locked instruction. */
static void cell_add(_Atomic uint64_t *cell, uint64_t n)
{
    uint64_t old = atomic_load_explicit(cell, memory_order_relaxed);
    atomic_store_explicit(cell, old + n, memory_order_relaxed);
}

void metrics_add(struct metrics_shard *s, size_t id, size_t series, uint64_t n)
{
    assert(s->owner->defs[id].type == METRIC_COUNTER);
    cell_add(&s->cells[cell_of(s->owner, id, series)], n);
}

void metrics_observe_n(struct metrics_shard *s, size_t id, size_t series, int64_t ns,
                       uint64_t times)
{
    assert(s->owner->defs[id].type == METRIC_HISTOGRAM);
    if (ns < 0) {
        ns = 0;
    }
    _Atomic uint64_t *cells = &s->cells[cell_of(s->owner, id, series)];
    double seconds = (double)ns / (double)NS_PER_S;
    size_t bucket = 0;
    while (bucket < BUCKETS && seconds > bucket_bounds[bucket]) {
        bucket++;
    }
    cell_add(&cells[bucket], times);
    cell_add(&cells[CELL_COUNT], times);
    cell_add(&cells[CELL_SUM], (uint64_t)ns * times);
}

void metrics_observe(struct metrics_shard *s, size_t id, size_t series, int64_t ns)
{
    metrics_observe_n(s, id, series, ns, 1);
}

void metrics_gauge_real(struct metrics *m, size_t id, size_t series, double value)
{
    assert(m->defs[id].type == METRIC_GAUGE);
    (void)pthread_mutex_lock(&m->lock);
    freeze(m);
    (void)pthread_mutex_unlock(&m->lock);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store_explicit(&m->gauges[cell_of(m, id, series)], bits, memory_order_relaxed);
}

void metrics_gauge(struct metrics *m, size_t id, size_t series, int64_t value)
{
    metrics_gauge_real(m, id, series, (double)value);
}

/* Adds all shards up; sum has n_cells cells. Call under the lock. */
static void gather(const struct metrics *m, uint64_t *sum)
{
    for (const struct metrics_shard *s = m->shards; s != NULL; s = s->next) {
        for (size_t i = 0; i < m->n_cells; i++) {
            sum[i] += atomic_load_explicit(&s->cells[i], memory_order_relaxed);
        }
    }
}

uint64_t metrics_value(struct metrics *m, size_t id, size_t series)
{
    uint64_t total = 0;
    (void)pthread_mutex_lock(&m->lock);
    freeze(m);
    size_t cell = cell_of(m, id, series);
    for (const struct metrics_shard *s = m->shards; s != NULL; s = s->next) {
        total += atomic_load_explicit(&s->cells[cell], memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return total;
}

static int render_histogram(struct buf *out, const char *name, const char *labels,
                            const uint64_t *cells)
{
    const char *comma = labels[0] != '\0' ? "," : "";
    const char *open = labels[0] != '\0' ? "{" : "";
    const char *close = labels[0] != '\0' ? "}" : "";
    uint64_t seen = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        seen += cells[i];
        int rc = i == BUCKETS ? buf_addf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name,
                                         labels, comma, seen)
                              : buf_addf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name,
                                         labels, comma, bucket_bounds[i], seen);
        if (rc != 0) {
            return -1;
        }
    }
    /* The count is the last bucket's, so that a half-seen observation cannot make them differ. */
    const uint64_t sum_ns = cells[CELL_SUM];
    if (buf_addf(out, "%s_sum%s%s%s %.9f\n", name, open, labels, close,
                 (double)sum_ns / (double)NS_PER_S) != 0) {
        return -1;
    }
    return buf_addf(out, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, seen);
}

static int render_series(const struct metrics *m, struct buf *out, size_t id, size_t series,
                         const uint64_t *sum)
{
    const struct family *f = &m->families[id];
    const char *name = m->defs[id].name;
    const char *labels = f->labels == NULL ? "" : f->labels[series];
    size_t cell = f->first + series * f->stride;
    if (m->defs[id].type == METRIC_HISTOGRAM) {
        return render_histogram(out, name, labels, &sum[cell]);
    }
    if (buf_addf(out, labels[0] == '\0' ? "%s%s " : "%s{%s} ", name, labels) != 0) {
        return -1;
    }
    if (m->defs[id].type == METRIC_COUNTER) {
        return buf_addf(out, "%" PRIu64 "\n", sum[cell]);
    }
    uint64_t bits = atomic_load_explicit(&m->gauges[cell], memory_order_relaxed);
    double value;
    memcpy(&value, &bits, sizeof value);
    return buf_addf(out, "%.15g\n", value);
}

static int render_all(const struct metrics *m, struct buf *out, const uint64_t *sum)
{
    static const char *const type_names[] = {"counter", "gauge", "histogram"};
    for (size_t id = 0; id < m->n; id++) {
        const struct metric_def *def = &m->defs[id];
        if (buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", def->name, def->help, def->name,
                     type_names[def->type]) != 0) {
            return -1;
        }
        for (size_t series = 0; series < m->families[id].n; series++) {
            if (render_series(m, out, id, series, sum) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

int metrics_render(struct metrics *m, struct buf *out)
{
    (void)pthread_mutex_lock(&m->lock);
    freeze(m);
    uint64_t *sum = mem_calloc(m->n_cells, sizeof *sum);
    gather(m, sum);
    (void)pthread_mutex_unlock(&m->lock);
    int rc = render_all(m, out, sum);
    mem_free(sum);
    return rc;
}

const double *metrics_buckets(size_t *n)
{
    *n = BUCKETS;
    return bucket_bounds;
}

#include "worker/consume/batch.h"

#include <assert.h>
#include <string.h>

#include "common/base/mem.h"

/* Beyond limits.bytes: the record that passes it may be as long as Kafka lets it be
 * (receive.message.max.bytes of librdkafka is 100,000,000). */
#define BATCH_SLACK ((size_t)256 << 20)
#define INDEX_FIRST 1024

struct batch *batch_new(size_t n_tables, const struct batch_limits *limits)
{
    struct batch *b = mem_calloc(1, sizeof *b);
    b->limits = *limits;
    b->n_tables = n_tables;
    b->tables = mem_calloc(n_tables, sizeof *b->tables);
    for (size_t i = 0; i < n_tables; i++) {
        buf_init(&b->tables[i].rows, limits->bytes + BATCH_SLACK);
    }
    buf_init(&b->raw, limits->bytes + BATCH_SLACK);
    buf_init(&b->dead, limits->bytes + BATCH_SLACK);
    devices_init(&b->devices);
    b->arrivals = mem_calloc(BATCH_ARRIVALS_MAX, sizeof *b->arrivals);
    return b;
}

void batch_free(struct batch *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->n_tables; i++) {
        buf_release(&b->tables[i].rows);
        mem_free(b->tables[i].index);
    }
    buf_release(&b->raw);
    buf_release(&b->dead);
    devices_release(&b->devices);
    mem_free(b->tables);
    mem_free(b->spans);
    mem_free(b->arrivals);
    mem_free(b);
}

/* Empties buf; memory that one huge record took goes back. */
static void reset_buf(const struct batch *b, struct buf *buf)
{
    if (buf->cap > 2 * b->limits.bytes) {
        buf_release(buf);
    }
    buf_reset(buf);
}

static void reset(struct batch *b)
{
    for (size_t i = 0; i < b->n_tables; i++) {
        struct batch_table *t = &b->tables[i];
        reset_buf(b, &t->rows);
        t->n = 0;
        t->refused = 0;
    }
    reset_buf(b, &b->raw);
    reset_buf(b, &b->dead);
    devices_reset(&b->devices);
    memset(b->dead_counts, 0, sizeof b->dead_counts);
    b->n_dead = 0;
    b->n_duplicates = 0;
    b->n_arrivals = 0;
    b->records = 0;
    b->bytes = 0;
    b->first_ns = 0;
}

void batch_begin(struct batch *b, const struct assignment *a, uint64_t generation)
{
    reset(b);
    b->generation = generation;
    b->n_spans = a->n;
    b->spans = mem_realloc(b->spans, a->n * sizeof *b->spans);
    for (size_t i = 0; i < a->n; i++) {
        const struct slot *s = &a->slots[i];
        b->spans[i] = (struct batch_span){s->stream, s->partition, s->epoch, s->next, s->next};
    }
}

bool batch_full(const struct batch *b)
{
    return b->records >= b->limits.rows || b->bytes >= b->limits.bytes;
}

bool batch_due(const struct batch *b, int64_t now_ns)
{
    return batch_full(b) || batch_patience_ns(b, now_ns) <= 0;
}

int64_t batch_patience_ns(const struct batch *b, int64_t now_ns)
{
    return b->records == 0 ? INT64_MAX : b->first_ns + b->limits.age_ns - now_ns;
}

void batch_add_row(struct batch *b, const struct batch_place *place)
{
    struct batch_table *t = &b->tables[place->stream];
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? INDEX_FIRST : t->cap * 2;
        t->index = mem_realloc(t->index, t->cap * sizeof *t->index);
    }
    uint32_t row_n = (uint32_t)(t->rows.n - place->row_at);
    uint32_t raw_n = (uint32_t)(b->raw.n - place->raw_at);
    t->index[t->n] = (struct batch_row){
        .koff = place->koff,
        .row_at = (uint32_t)place->row_at,
        .row_n = row_n,
        .raw_at = (uint32_t)place->raw_at,
        .raw_n = raw_n,
        .device = place->device,
        .span = place->span & INT32_MAX,
    };
    t->min_us = t->n == 0 || place->event_us < t->min_us ? place->event_us : t->min_us;
    t->max_us = t->n == 0 || place->event_us > t->max_us ? place->event_us : t->max_us;
    t->n++;
    b->bytes += row_n + raw_n + sizeof(struct batch_row);
}

int batch_add_dead(struct batch *b, const struct dead *d)
{
    size_t before = b->dead.n;
    if (dead_encode(d, &b->dead) != 0) {
        return -1;
    }
    b->dead_counts[d->reason]++;
    b->n_dead++;
    b->bytes += b->dead.n - before;
    return 0;
}

static void note_arrival(struct batch *b, const struct batch_arrival *arrival)
{
    if (b->n_arrivals > 0) {
        struct batch_arrival *last = &b->arrivals[b->n_arrivals - 1];
        bool same =
            last->received_us == arrival->received_us && last->consumed_us == arrival->consumed_us;
        if (same || b->n_arrivals == BATCH_ARRIVALS_MAX) {
            last->n += arrival->n;
            return;
        }
    }
    b->arrivals[b->n_arrivals++] = *arrival;
}

void batch_note(struct batch *b, uint32_t span, int64_t offset, const struct batch_arrival *arrival,
                int64_t now_ns)
{
    assert(span < b->n_spans && offset >= b->spans[span].to);
    b->spans[span].to = offset + 1;
    if (b->records == 0) {
        b->first_ns = now_ns;
    }
    b->records++;
    note_arrival(b, arrival);
}

int batch_refuse(struct batch *b, uint32_t stream, size_t row, const struct dead *what)
{
    struct batch_table *t = &b->tables[stream];
    assert(row < t->n && !t->index[row].refused);
    struct batch_row *r = &t->index[row];
    struct dead d = *what;
    d.partition = b->spans[r->span].partition;
    d.offset = r->koff;
    d.key = devices_key(&b->devices, r->device);
    d.raw = (struct str){b->raw.p + r->raw_at, r->raw_n};
    if (batch_add_dead(b, &d) != 0) {
        return -1;
    }
    r->refused = 1;
    t->refused++;
    return 0;
}

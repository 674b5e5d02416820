#include "worker/consume/row.h"

#include <endian.h>
#include <string.h>

#include "common/contract/copy_fields.h"

#define FIXED_FIELDS 9
#define HEAD_SIZE (2 + 3 * 12)                /* field count, two times, koff */
#define TAIL_SIZE (4 + EVENT_ID_SIZE + 2 * 6) /* event_id, kpart, flags */

/* The fixed fields are written in place: one bound check for several of them. */

static char *put16(char *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static char *put32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static char *put64(char *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static char *field16(char *p, int16_t v)
{
    return put16(put32(p, sizeof v), (uint16_t)v);
}

static char *field64(char *p, int64_t v)
{
    return put64(put32(p, sizeof v), (uint64_t)v);
}

static char *field_bytes(char *p, const void *bytes, size_t n)
{
    p = put32(p, (uint32_t)n);
    memcpy(p, bytes, n);
    return p + n;
}

static int add_head(const struct contract *c, const struct event *ev, const struct row_meta *meta,
                    struct buf *out)
{
    size_t columns;
    (void)contract_columns(c, &columns);
    char *p = buf_reserve(out, HEAD_SIZE);
    if (p == NULL) {
        return -1;
    }
    p = put16(p, (uint16_t)(FIXED_FIELDS + columns));
    p = field64(p, ev->time_us - COPY_EPOCH_US);
    p = field64(p, meta->received_us - COPY_EPOCH_US);
    (void)field64(p, meta->koff);
    out->n += HEAD_SIZE;
    return 0;
}

static int add_tail(const struct row_meta *meta, struct buf *out)
{
    size_t size = TAIL_SIZE + 4 + meta->tenant.n + 4 + meta->device.n;
    char *p = buf_reserve(out, size);
    if (p == NULL) {
        return -1;
    }
    p = field_bytes(p, meta->event_id, EVENT_ID_SIZE);
    p = field16(p, meta->kpart);
    p = field16(p, meta->flags);
    p = field_bytes(p, meta->tenant.p, meta->tenant.n);
    (void)field_bytes(p, meta->device.p, meta->device.n);
    out->n += size;
    return meta->extra.p == NULL ? copy_field_null(out) : copy_field_jsonb(out, meta->extra);
}

int row_encode(const struct contract *c, const struct event *ev, const struct row_meta *meta,
               struct buf *out)
{
    size_t before = out->n;
    if (add_head(c, ev, meta, out) == 0 && copy_fields_event(c, ev, out) == 0 &&
        add_tail(meta, out) == 0) {
        return 0;
    }
    out->n = before;
    return -1;
}

/*
 * Binary COPY fields. On the worker's parsing thread.
 */
#include "common/contract/copy_fields.h"

#include <assert.h>
#include <endian.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "common/contract/event_id.h"
#include "common/contract/plan.h"
#include "common/contract/time.h"

#define FIELD_FIXED_MAX (4 + 16) /* bytes of the longest field that is no text: uuid */

static inline char *put2(char *p, uint16_t v)
{
    v = htobe16(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline char *put4(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline char *put8(char *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

/* Fields at p, which has room; the result is behind them. */
static inline char *field_null(char *p)
{
    return put4(p, UINT32_MAX);
}

static inline char *field_int2(char *p, int16_t v)
{
    return put2(put4(p, 2), (uint16_t)v);
}

static inline char *field_int4(char *p, int32_t v)
{
    return put4(put4(p, 4), (uint32_t)v);
}

static inline char *field_int8(char *p, int64_t v)
{
    return put8(put4(p, 8), (uint64_t)v);
}

int copy_field_null(struct buf *out)
{
    char *p = buf_reserve(out, 4);
    if (p == NULL) {
        return -1;
    }
    (void)field_null(p);
    out->n += 4;
    return 0;
}

int copy_field_int2(struct buf *out, int16_t v)
{
    char *p = buf_reserve(out, 6);
    if (p == NULL) {
        return -1;
    }
    (void)field_int2(p, v);
    out->n += 6;
    return 0;
}

int copy_field_int4(struct buf *out, int32_t v)
{
    char *p = buf_reserve(out, 8);
    if (p == NULL) {
        return -1;
    }
    (void)field_int4(p, v);
    out->n += 8;
    return 0;
}

int copy_field_int8(struct buf *out, int64_t v)
{
    char *p = buf_reserve(out, 12);
    if (p == NULL) {
        return -1;
    }
    (void)field_int8(p, v);
    out->n += 12;
    return 0;
}

int copy_field_time(struct buf *out, int64_t unix_us)
{
    return copy_field_int8(out, unix_us - COPY_EPOCH_US);
}

int copy_field_bytes(struct buf *out, const void *p, size_t n)
{
    char *to = n > INT32_MAX ? NULL : buf_reserve(out, 4 + n);
    if (to == NULL) {
        return -1;
    }
    to = put4(to, (uint32_t)n);
    if (n > 0) {
        memcpy(to, p, n);
    }
    out->n += 4 + n;
    return 0;
}

int copy_field_jsonb(struct buf *out, struct str json)
{
    char *to = json.n >= INT32_MAX ? NULL : buf_reserve(out, 5 + json.n);
    if (to == NULL) {
        return -1;
    }
    to = put4(to, (uint32_t)json.n + 1);
    *to++ = 1;
    if (json.n > 0) {
        memcpy(to, json.p, json.n);
    }
    out->n += 5 + json.n;
    return 0;
}

static inline double as_double(const struct json_node *node)
{
    return node->type == JSON_NODE_INT ? (double)node->u.i : node->u.d;
}

/* A whole number, which may be written as 1.0 or 1e3. */
static inline int64_t as_int(const struct json_node *node)
{
    return node->type == JSON_NODE_INT ? node->u.i : (int64_t)node->u.d;
}

static char *field_real(char *p, const struct json_node *node)
{
    float f = (float)as_double(node);
    if (fabsf(f) < FLT_MIN) {
        f = 0; /* flushed; also spares the reader of the table denormal arithmetic */
    }
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return put4(put4(p, 4), bits);
}

static char *field_float8(char *p, const struct json_node *node)
{
    double d = as_double(node);
    if (fabs(d) < DBL_MIN) {
        d = 0;
    }
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return put8(put4(p, 8), bits);
}

static char *field_timestamptz(char *p, const struct json_node *node)
{
    int64_t us;
    if (node->type == JSON_NODE_STRING) {
        int rc = time_parse_rfc3339((struct str){node->u.s, node->n}, &us);
        assert(rc == 0); /* format date-time is part of the column's property */
    } else {
        us = as_int(node) * 1000;
    }
    return field_int8(p, us - COPY_EPOCH_US);
}

static char *field_uuid(char *p, const struct json_node *node)
{
    uint8_t id[EVENT_ID_SIZE];
    int rc = event_id_parse((struct str){node->u.s, node->n}, id);
    assert(rc == 0); /* format uuid is part of the column's property */
    p = put4(p, sizeof id);
    memcpy(p, id, sizeof id);
    return p + sizeof id;
}

static inline char *field_value(char *p, enum column_type type, const struct json_node *node)
{
    switch (type) {
    case COLUMN_REAL:
        return field_real(p, node);
    case COLUMN_FLOAT8:
        return field_float8(p, node);
    case COLUMN_INT2:
        return field_int2(p, (int16_t)as_int(node));
    case COLUMN_INT4:
        return field_int4(p, (int32_t)as_int(node));
    case COLUMN_INT8:
        return field_int8(p, as_int(node));
    case COLUMN_BOOL:
        p = put4(p, 1);
        *p = node->u.i != 0 ? 1 : 0;
        return p + 1;
    case COLUMN_TIMESTAMPTZ:
        return field_timestamptz(p, node);
    case COLUMN_UUID:
        return field_uuid(p, node);
    case COLUMN_TEXT:
        break;
    }
    assert(!"text has no fixed size");
    return p;
}

int copy_fields_event(const struct contract *c, const struct event *ev, struct buf *out)
{
    size_t before = out->n;
    char *start = buf_reserve(out, c->column_n * FIELD_FIXED_MAX);
    if (start == NULL) {
        return -1;
    }
    char *p = start;
    size_t i = 0;
    /* Text columns are the last ones. */
    for (; i < c->column_n && c->columns[i].type != COLUMN_TEXT; i++) {
        uint32_t at = ev->column[i];
        p = at == EVENT_NO_NODE ? field_null(p)
                                : field_value(p, c->columns[i].type, &ev->doc.nodes[at]);
    }
    out->n += (size_t)(p - start);
    for (; i < c->column_n; i++) {
        uint32_t at = ev->column[i];
        const struct json_node *node = &ev->doc.nodes[at == EVENT_NO_NODE ? 0 : at];
        int rc =
            at == EVENT_NO_NODE ? copy_field_null(out) : copy_field_bytes(out, node->u.s, node->n);
        if (rc != 0) {
            out->n = before;
            return -1;
        }
    }
    return 0;
}

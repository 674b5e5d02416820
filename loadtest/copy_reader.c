/*
 * libpq hands out whole rows nearly always, so pieces are parsed where they are; only a row that is
 * cut is gathered in memory of its own.
 */
#include "loadtest/copy_reader.h"

#include <assert.h>
#include <string.h>

#define HEADER_FIXED 19 /* signature 11, flags 4, extension length 4 */

static const uint8_t signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', '\0'};

void copy_reader_init(struct copy_reader *r, uint32_t n_fields, copy_row_fn row, void *arg)
{
    assert(n_fields <= COPY_READER_FIELDS_MAX);
    *r = (struct copy_reader){.n_fields = n_fields, .row = row, .arg = arg};
    buf_init(&r->rest, COPY_READER_ROW_MAX);
}

void copy_reader_release(struct copy_reader *r)
{
    buf_release(&r->rest);
}

int16_t copy_field_read_int2(const uint8_t *p)
{
    return (int16_t)((unsigned)p[0] << 8 | p[1]);
}

int32_t copy_field_read_int4(const uint8_t *p)
{
    return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

int64_t copy_field_read_int8(const uint8_t *p)
{
    return (int64_t)((uint64_t)(uint32_t)copy_field_read_int4(p) << 32 |
                     (uint32_t)copy_field_read_int4(p + 4));
}

static int bad(struct err *e, const char *what)
{
    err_set(e, ERR_INVALID, "binary COPY: %s", what);
    return -1;
}

/* Bytes of the header, 0 when more are needed, -1 with e. */
static int64_t read_header(const uint8_t *p, size_t n, struct err *e)
{
    if (n < HEADER_FIXED) {
        return 0;
    }
    if (memcmp(p, signature, sizeof signature) != 0) {
        return bad(e, "no signature");
    }
    int32_t extension = copy_field_read_int4(p + 15);
    if (extension < 0 || (size_t)extension > COPY_READER_ROW_MAX) {
        return bad(e, "bad header extension");
    }
    return (size_t)extension > n - HEADER_FIXED ? 0 : HEADER_FIXED + extension;
}

/* Bytes of the row or trailer at p, 0 when more are needed, -1 with e. */
static int64_t read_row(struct copy_reader *r, const uint8_t *p, size_t n, struct err *e)
{
    if (n < 2) {
        return 0;
    }
    int16_t count = copy_field_read_int2(p);
    if (count == -1) {
        r->ended = true;
        return 2;
    }
    if (count < 0 || (uint32_t)count != r->n_fields) {
        return bad(e, "unexpected number of fields");
    }
    struct copy_field fields[COPY_READER_FIELDS_MAX];
    size_t at = 2;
    for (uint32_t i = 0; i < r->n_fields; i++) {
        if (n - at < 4) {
            return 0;
        }
        int32_t length = copy_field_read_int4(p + at);
        at += 4;
        if (length < -1 || (length > 0 && (size_t)length > COPY_READER_ROW_MAX)) {
            return bad(e, "bad field length");
        }
        fields[i] = (struct copy_field){.p = p + at, .n = length};
        size_t bytes = length > 0 ? (size_t)length : 0;
        if (n - at < bytes) {
            return 0;
        }
        at += bytes;
    }
    return r->row(r->arg, fields, e) != 0 ? -1 : (int64_t)at;
}

/* Parses what is whole; bytes used, or -1 with e. */
static int64_t consume(struct copy_reader *r, const uint8_t *p, size_t n, struct err *e)
{
    size_t at = 0;
    while (at < n) {
        if (r->ended) {
            return bad(e, "bytes after the trailer");
        }
        int64_t used = r->started ? read_row(r, p + at, n - at, e) : read_header(p + at, n - at, e);
        if (used < 0) {
            return -1;
        }
        if (used == 0) {
            break;
        }
        r->started = true;
        at += (size_t)used;
    }
    return (int64_t)at;
}

int copy_reader_feed(struct copy_reader *r, const void *p, size_t n, struct err *e)
{
    if (r->rest.n == 0) {
        int64_t used = consume(r, p, n, e);
        if (used < 0) {
            return -1;
        }
        p = (const uint8_t *)p + used;
        n -= (size_t)used;
    }
    if (n == 0) {
        return 0;
    }
    if (buf_add(&r->rest, p, n) != 0) {
        return bad(e, "row too long");
    }
    int64_t used = consume(r, (const uint8_t *)r->rest.p, r->rest.n, e);
    if (used < 0) {
        return -1;
    }
    r->rest.n -= (size_t)used;
    memmove(r->rest.p, r->rest.p + used, r->rest.n);
    return 0;
}

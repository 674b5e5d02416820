/*
 * Reads PostgreSQL's binary COPY format (documentation of COPY, "Binary Format") from pieces of any
 * size. Pure; one owner thread.
 */
#ifndef TIDEGATE_LOADTEST_COPY_READER_H
#define TIDEGATE_LOADTEST_COPY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"

#define COPY_READER_FIELDS_MAX 128
#define COPY_READER_ROW_MAX ((size_t)64 << 20) /* bytes of one row */

struct copy_field {
    const uint8_t *p;
    int32_t n; /* -1: NULL */
};

/* One row; fields are borrowed until it returns. 0, or -1 with e: reading stops. */
typedef int (*copy_row_fn)(void *arg, const struct copy_field *fields, struct err *e);

struct copy_reader {
    uint32_t n_fields; /* of every row */
    copy_row_fn row;
    void *arg;
    bool started;    /* the header was read */
    bool ended;      /* the trailer was read */
    struct buf rest; /* the beginning of a row whose end has not come */
};

void copy_reader_init(struct copy_reader *r, uint32_t n_fields, copy_row_fn row, void *arg);
void copy_reader_release(struct copy_reader *r);

/* The next n bytes. 0, or -1 with e: not the format, another number of fields, or row failed. */
int copy_reader_feed(struct copy_reader *r, const void *p, size_t n, struct err *e) MUST_CHECK;

/* Big-endian integers out of fields. */
int16_t copy_field_read_int2(const uint8_t *p);
int32_t copy_field_read_int4(const uint8_t *p);
int64_t copy_field_read_int8(const uint8_t *p);

#endif

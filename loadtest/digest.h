/*
 * A 64-bit digest (XXH3) of the values of one event as they must be stored: event time, device and
 * the typed columns in the order of the ledger's header. The generator computes it from the values
 * that it printed, the audit from the row that it reads; neither uses the worker's encoder.
 *
 * Canonical form: int64 event time (microseconds, Unix epoch), the device as a text, then per
 * column a tag byte and the value's bits in the machine's order; a text is its length and its bytes
 * (longer than DIGEST_TEXT_MAX: their XXH3).
 */
#ifndef TIDEGATE_LOADTEST_DIGEST_H
#define TIDEGATE_LOADTEST_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define DIGEST_COLUMNS_MAX 64
#define DIGEST_TEXT_MAX 64
#define DIGEST_BYTES_MAX (8 + (DIGEST_COLUMNS_MAX + 1) * (1 + 4 + DIGEST_TEXT_MAX))

/* What a column holds; part of the ledger's format, never renumber. */
enum digest_type {
    DIGEST_NULL = 0,
    DIGEST_REAL = 1,
    DIGEST_FLOAT8 = 2,
    DIGEST_INT = 3, /* int2, int4, int8 */
    DIGEST_BOOL = 4,
    DIGEST_TEXT = 5,
    DIGEST_TIME = 6,
    DIGEST_UUID = 7
};

struct digest {
    size_t n;
    uint8_t bytes[DIGEST_BYTES_MAX];
};

void digest_begin(struct digest *d, int64_t time_us, struct str device);
/* At most DIGEST_COLUMNS_MAX values between begin and end. */
void digest_null(struct digest *d);
void digest_real(struct digest *d, float v);
void digest_float8(struct digest *d, double v);
void digest_int(struct digest *d, enum digest_type type, int64_t v); /* INT, BOOL or TIME */
void digest_text(struct digest *d, struct str v);
void digest_uuid(struct digest *d, const uint8_t id[16]);
uint64_t digest_end(const struct digest *d);

/* The real or float8 that strtof or strtod reads from m / 10^decimals written out: correctly
 * rounded, since m is exact in the type (|m| < 2^24, 2^53) and so is 10^decimals (at most 10^10,
 * 10^22), and IEEE division rounds once (Clinger, "How to read floating point numbers accurately",
 * 1990). */
float digest_decimal_real(int64_t m, unsigned decimals);
double digest_decimal_float8(int64_t m, unsigned decimals);

#endif

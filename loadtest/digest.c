/*
 * Fills a flat buffer and hashes it once: no hash state, no heap memory.
 */
#include "loadtest/digest.h"

#include <assert.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10};
#define POWERS_MAX (sizeof powers / sizeof powers[0])

static void put(struct digest *d, const void *p, size_t n)
{
    assert(d->n + n <= sizeof d->bytes);
    memcpy(d->bytes + d->n, p, n);
    d->n += n;
}

static void put_tag(struct digest *d, enum digest_type type)
{
    uint8_t tag = (uint8_t)type;
    put(d, &tag, 1);
}

void digest_begin(struct digest *d, int64_t time_us, struct str device)
{
    d->n = 0;
    put(d, &time_us, sizeof time_us);
    digest_text(d, device);
}

void digest_null(struct digest *d)
{
    put_tag(d, DIGEST_NULL);
}

void digest_real(struct digest *d, float v)
{
    put_tag(d, DIGEST_REAL);
    put(d, &v, sizeof v);
}

void digest_float8(struct digest *d, double v)
{
    put_tag(d, DIGEST_FLOAT8);
    put(d, &v, sizeof v);
}

void digest_int(struct digest *d, enum digest_type type, int64_t v)
{
    put_tag(d, type);
    put(d, &v, sizeof v);
}

void digest_text(struct digest *d, struct str v)
{
    uint32_t n = (uint32_t)v.n;
    put_tag(d, DIGEST_TEXT);
    put(d, &n, sizeof n);
    if (v.n > DIGEST_TEXT_MAX) {
        uint64_t h = XXH3_64bits(v.p, v.n);
        put(d, &h, sizeof h);
    } else if (v.n > 0) {
        put(d, v.p, v.n);
    }
}

void digest_uuid(struct digest *d, const uint8_t id[16])
{
    put_tag(d, DIGEST_UUID);
    put(d, id, 16);
}

uint64_t digest_end(const struct digest *d)
{
    return XXH3_64bits(d->bytes, d->n);
}

float digest_decimal_real(int64_t m, unsigned decimals)
{
    assert(m > -(1 << 24) && m < (1 << 24) && decimals < POWERS_MAX);
    return (float)m / (float)powers[decimals];
}

double digest_decimal_float8(int64_t m, unsigned decimals)
{
    assert(m > -(INT64_C(1) << 53) && m < (INT64_C(1) << 53) && decimals < POWERS_MAX);
    return (double)m / powers[decimals];
}

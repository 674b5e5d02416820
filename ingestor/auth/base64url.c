#include "ingestor/auth/base64url.h"

/*
 * Six bits a digit through a small accumulator. Not constant in time: what is decoded comes from
 * the network or from a key file at start.
 */

#define INVALID 0xff

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint8_t digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint8_t)(c - 'a' + 26);
    }
    if (c >= '0' && c <= '9') {
        return (uint8_t)(c - '0' + 52);
    }
    if (c == '-') {
        return 62;
    }
    return c == '_' ? 63 : INVALID;
}

size_t base64url_encode(const uint8_t *p, size_t n, char *out)
{
    size_t at = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | p[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            out[at++] = DIGITS[bits >> held & 63];
        }
    }
    if (held > 0) {
        out[at++] = DIGITS[bits << (6 - held) & 63];
    }
    return at;
}

int base64url_decode(struct str text, uint8_t *out, size_t cap, size_t *n)
{
    *n = 0;
    if (text.n % 4 == 1 || text.n / 4 * 3 + text.n % 4 * 3 / 4 > cap) {
        return -1;
    }
    uint32_t bits = 0;
    unsigned held = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t value = digit_value(text.p[i]);
        if (value == INVALID) {
            return -1;
        }
        bits = bits << 6 | value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) {
        return -1;
    }
    *n = at;
    return 0;
}

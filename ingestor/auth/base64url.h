/*
 * base64url without padding (RFC 4648 section 5; RFC 7515 section 2), in its strict form: every
 * byte string has exactly one text. Thread: any. Pure.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_BASE64URL_H
#define TIDEGATE_INGESTOR_AUTH_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

/* Digits that n bytes take. */
static inline size_t base64url_size(size_t n)
{
    return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

/* Writes base64url_size(n) digits to out, no terminator; returns their number. */
size_t base64url_encode(const uint8_t *p, size_t n, char *out);

/* Decodes the whole text into out, *n bytes. 0, or -1 when a character is none of the 64 digits
 * (padding and white space are none), the length is impossible, the unused bits of the last digit
 * are not zero, or the result is longer than cap; out may then hold a part of it. */
int base64url_decode(struct str text, uint8_t *out, size_t cap, size_t *n) MUST_CHECK;

#endif

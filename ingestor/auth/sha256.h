/*
 * SHA-256 with the library's state kept: looking the algorithm up for each digest would cost more
 * than a short digest itself (OpenSSL 3). One a thread.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_SHA256_H
#define TIDEGATE_INGESTOR_AUTH_SHA256_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

#define SHA256_SIZE 32

struct sha256;

/* Aborts when OpenSSL has no SHA-256. */
struct sha256 *sha256_new(void) MUST_CHECK;
void sha256_free(struct sha256 *h); /* NULL is allowed */
void sha256_digest(struct sha256 *h, struct str text, uint8_t out[SHA256_SIZE]);

/* 64 hex digits of either case. 0, or -1. Pure. */
int sha256_parse_hex(struct str text, uint8_t out[SHA256_SIZE]) MUST_CHECK;
/* 64 lower-case digits and a terminator. Pure. */
void sha256_format_hex(const uint8_t digest[SHA256_SIZE], char out[2 * SHA256_SIZE + 1]);

#endif

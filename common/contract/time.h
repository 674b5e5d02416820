/*
 * RFC 3339 time stamps. Pure functions.
 */
#ifndef TIDEGATE_CONTRACT_TIME_H
#define TIDEGATE_CONTRACT_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

/* Strict RFC 3339 section 5.6 date-time to microseconds since the Unix epoch, UTC. "T" and "Z" also
 * in lower case; offset required; at most 9 fraction digits, cut to microseconds; second 60 only as
 * 23:59:60 UTC and read as the following second; years 0001 to 9999. 0, or -1 when it is none. */
int time_parse_rfc3339(struct str s, int64_t *us) MUST_CHECK;

/* Full-date of RFC 3339 ("2026-11-21"). */
bool time_is_date(struct str s);

#define TIME_RFC3339_MAX 33 /* bytes with terminator */

/* "2026-11-21T04:09:00.123456Z" (always six digits). out has TIME_RFC3339_MAX bytes. */
void time_format_rfc3339(int64_t us, char *out);

#endif

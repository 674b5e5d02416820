/*
 * RFC 3339 by hand: strptime knows neither fractions nor offsets and depends on the locale. Days
 * are counted with the "days from civil" arithmetic of Howard Hinnant (proleptic Gregorian
 * calendar, era of 400 years). Any thread.
 */
#include "common/contract/time.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DAY_S INT64_C(86400)
#define SECOND_US INT64_C(1000000)
#define FRACTION_DIGITS 6     /* kept: PostgreSQL's timestamptz has microseconds */
#define FRACTION_DIGITS_MAX 9 /* allowed */

static const unsigned char month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static inline bool two_digits(const char *p, int *v)
{
    unsigned tens = (unsigned)(unsigned char)p[0] - '0';
    unsigned ones = (unsigned)(unsigned char)p[1] - '0';
    *v = (int)(tens * 10 + ones);
    return tens <= 9 && ones <= 9;
}

static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Ten bytes "2026-11-21" at p to days since the epoch. */
static bool parse_date(const char *p, int64_t *days)
{
    int century, rest, month, day;
    bool digits = two_digits(p, &century) & two_digits(p + 2, &rest) & two_digits(p + 5, &month) &
                  two_digits(p + 8, &day);
    if (!digits || p[4] != '-' || p[7] != '-') {
        return false;
    }
    int year = century * 100 + rest;
    if (year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int last = month_days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
    if (day > last) {
        return false;
    }
    *days = days_from_civil(year, month, day);
    return true;
}

/* Optional ".123" at *p; *us in microseconds. */
static bool parse_fraction(const char **p, const char *end, int64_t *us)
{
    *us = 0;
    if (*p == end || **p != '.') {
        return true;
    }
    const char *first = ++*p;
    int64_t value = 0;
    int kept = 0;
    while (*p < end && **p >= '0' && **p <= '9') {
        if (kept < FRACTION_DIGITS) {
            value = value * 10 + (**p - '0');
            kept++;
        }
        (*p)++;
    }
    if (*p == first || *p - first > FRACTION_DIGITS_MAX) {
        return false;
    }
    for (; kept < FRACTION_DIGITS; kept++) {
        value *= 10;
    }
    *us = value;
    return true;
}

/* "Z" or "+01:30", which must be all that is left; *offset in seconds east of UTC. */
static bool parse_offset(const char *p, const char *end, int64_t *offset)
{
    *offset = 0;
    if (end - p == 1) {
        return *p == 'Z' || *p == 'z';
    }
    int hours, minutes;
    if (end - p != 6 || (p[0] != '+' && p[0] != '-') || p[3] != ':' || !two_digits(p + 1, &hours) ||
        !two_digits(p + 4, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *offset = p[0] == '-' ? -seconds : seconds;
    return true;
}

int time_parse_rfc3339(struct str s, int64_t *us)
{
    /* "2026-11-21T04:09:00Z" is the shortest. */
    if (s.n < 20) {
        return -1;
    }
    const char *p = s.p;
    const char *end = s.p + s.n;
    int64_t days, fraction, offset;
    int hour, minute, second;
    if (!parse_date(p, &days) || (p[10] != 'T' && p[10] != 't') || p[13] != ':' || p[16] != ':' ||
        !two_digits(p + 11, &hour) || !two_digits(p + 14, &minute) ||
        !two_digits(p + 17, &second) || hour > 23 || minute > 59 || second > 60) {
        return -1;
    }
    p += 19;
    if (!parse_fraction(&p, end, &fraction) || !parse_offset(p, end, &offset)) {
        return -1;
    }
    int64_t seconds = days * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60 + second - offset;
    /* A leap second is the last second of a UTC day: one later than 23:59:59 is midnight. */
    if (second == 60 && seconds % DAY_S != 0) {
        return -1;
    }
    *us = seconds * SECOND_US + fraction;
    return 0;
}

bool time_is_date(struct str s)
{
    int64_t days;
    return s.n == 10 && parse_date(s.p, &days);
}

void time_format_rfc3339(int64_t us, char *out)
{
    int64_t seconds = us / SECOND_US;
    int64_t fraction = us % SECOND_US;
    if (fraction < 0) {
        fraction += SECOND_US;
        seconds--;
    }
    int64_t days = seconds / DAY_S;
    int64_t rest = seconds % DAY_S;
    if (rest < 0) {
        rest += DAY_S;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153; /* month counted from March */
    int day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    int n = snprintf(out, TIME_RFC3339_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d.%06dZ",
                     (long long)year, month, day, (int)(rest / 3600), (int)(rest / 60 % 60),
                     (int)(rest % 60), (int)fraction);
    assert(n > 0);
}

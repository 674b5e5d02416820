#include "worker/admin/leaf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/io/pg.h"

#define DAY_US (INT64_C(86400) * 1000000)

struct date {
    int year, month, day;
};

int64_t leaf_day(int64_t unix_us)
{
    int64_t day = unix_us / DAY_US;
    return unix_us % DAY_US < 0 ? day - 1 : day;
}

/* Gregorian date of a day number: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * civil_from_days. */
static struct date date_of(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    return (struct date){(int)(yoe + era * 400 + (month <= 2)), (int)month,
                         (int)(doy - (153 * mp + 2) / 5 + 1)};
}

/* The same source, days_from_civil. */
static int64_t day_of(struct date d)
{
    int64_t y = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool in_years(int64_t day)
{
    return day >= day_of((struct date){1, 1, 1}) && day <= day_of((struct date){9999, 12, 31});
}

int leaf_name(const char *table, int64_t day, char out[LEAF_NAME_SIZE])
{
    if (!in_years(day)) {
        return -1;
    }
    struct date d = date_of(day);
    int n = snprintf(out, LEAF_NAME_SIZE, "%s_p%04d%02d%02d", table, d.year, d.month, d.day);
    return n > 0 && n < LEAF_NAME_SIZE ? 0 : -1;
}

bool leaf_parse(const char *table, const char *name, int64_t *day)
{
    size_t n = strlen(table);
    if (strncmp(name, table, n) != 0 || strncmp(name + n, "_p", 2) != 0) {
        return false;
    }
    const char *digits = name + n + 2;
    if (strspn(digits, "0123456789") != 8 || digits[8] != '\0') {
        return false;
    }
    int number = 0;
    for (size_t i = 0; i < 8; i++) {
        number = number * 10 + (digits[i] - '0');
    }
    *day = day_of((struct date){number / 10000, number / 100 % 100, number % 100});
    char same[LEAF_NAME_SIZE];
    return leaf_name(table, *day, same) == 0 && strcmp(same, name) == 0; /* no 31st of February */
}

int leaf_bound(int64_t day, char out[LEAF_BOUND_SIZE])
{
    if (!in_years(day)) {
        return -1;
    }
    struct date d = date_of(day);
    int n = snprintf(out, LEAF_BOUND_SIZE, "%04d-%02d-%02d 00:00:00+00", d.year, d.month, d.day);
    return n > 0 && n < LEAF_BOUND_SIZE ? 0 : -1;
}

int leaf_sql(struct buf *out, const char *table, int64_t day)
{
    char name[LEAF_NAME_SIZE];
    char leaf[2 * LEAF_NAME_SIZE + 3];
    char parent[2 * LEAF_NAME_SIZE + 3];
    char from[LEAF_BOUND_SIZE];
    char to[LEAF_BOUND_SIZE];
    if (leaf_name(table, day, name) != 0 || leaf_bound(day, from) != 0 ||
        leaf_bound(day + 1, to) != 0 || pg_quote_ident(name, leaf, sizeof leaf) != 0 ||
        pg_quote_ident(table, parent, sizeof parent) != 0) {
        return -1;
    }
    return buf_addf(out,
                    "CREATE TABLE IF NOT EXISTS %s (LIKE %s INCLUDING ALL);"
                    "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s');",
                    leaf, parent, parent, leaf, from, to);
}

bool leaf_range_covers(const struct leaf_range *r, int64_t first, int64_t last)
{
    return r->any && r->first <= first && last <= r->last;
}

struct leaf_range leaf_range_join(const struct leaf_range *r, int64_t first, int64_t last)
{
    if (!r->any) {
        return (struct leaf_range){first, last, true};
    }
    return (struct leaf_range){r->first < first ? r->first : first, r->last > last ? r->last : last,
                               true};
}

#include "common/config/conf_internal.h"

/*
 * One value: text to field and back. The only place that knows how a type looks.
 * Peer input (files, environment, flags): everything is refused with a reason, nothing asserts.
 */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define SHOWN 48 /* bytes of a refused text that an error repeats */

struct unit {
    const char *suffix;
    int64_t factor;
};

/* Smallest first; conf_int_text walks from the end. Durations are counted in microseconds here so
 * that "2000us" is 2 ms and "200us" can be refused by name. */
static const struct unit byte_units[] = {
    {"", 1},
    {"KiB", INT64_C(1) << 10},
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
};
static const struct unit duration_units[] = {
    {"us", 1},
    {"ms", 1000},
    {"s", INT64_C(1000000)},
    {"m", 60 * INT64_C(1000000)},
    {"h", 3600 * INT64_C(1000000)},
    {"d", 86400 * INT64_C(1000000)},
};

static int refuse(struct err *e, const char *text, const char *why)
{
    err_set(e, ERR_CONFIG, "'%.*s'%s %s", SHOWN, text, strlen(text) > SHOWN ? "..." : "", why);
    return -1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with an optional minus: the value and what follows. Refuses "", "-", "007", overflow. */
static int read_whole(const char *text, int64_t *value, const char **rest, struct err *e)
{
    const bool negative = text[0] == '-';
    const char *p = text + (negative ? 1 : 0);
    if (!is_digit(*p)) {
        return refuse(e, text, "is not a whole number");
    }
    if (p[0] == '0' && is_digit(p[1])) {
        return refuse(e, text, "has a leading zero");
    }
    int64_t v = 0;
    for (; is_digit(*p); p++) {
        const int64_t digit = negative ? -(*p - '0') : *p - '0';
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v)) {
            return refuse(e, text, "does not fit into 64 bits");
        }
    }
    *value = v;
    *rest = p;
    return 0;
}

static int scale(const struct unit *units, size_t n, const char *suffix, int64_t *value)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(units[i].suffix, suffix) == 0) {
            return __builtin_mul_overflow(*value, units[i].factor, value) ? -1 : 0;
        }
    }
    return 1;
}

static int read_bytes(const char *text, const char *suffix, int64_t *value, struct err *e)
{
    const int rc = scale(byte_units, ARRAY_SIZE(byte_units), suffix, value);
    if (rc == 0) {
        return 0;
    }
    return refuse(e, text,
                  rc < 0 ? "does not fit into 64 bits" : "has no known unit: none, KiB, MiB, GiB");
}

static int read_duration(const char *text, const char *suffix, int64_t *value, struct err *e)
{
    if (*suffix == '\0' && *value == 0) {
        return 0; /* zero is zero in every unit */
    }
    const int rc = scale(duration_units, ARRAY_SIZE(duration_units), suffix, value);
    if (rc != 0) {
        return refuse(e, text,
                      rc < 0 ? "does not fit into 64 bits"
                             : "has no known unit: us, ms, s, m, h or d");
    }
    if (*value % 1000 != 0) {
        return refuse(e, text, "is not a whole number of milliseconds");
    }
    *value /= 1000;
    return 0;
}

static int out_of_bounds(enum conf_type type, const char *text, int64_t bound, const char *side,
                         struct err *e)
{
    struct buf b;
    buf_init(&b, 64);
    const int rc = conf_int_text(type, bound, &b);
    err_set(e, ERR_CONFIG, "'%.*s' is %s %.*s", SHOWN, text, side, rc == 0 ? (int)b.n : 0,
            b.p == NULL ? "" : b.p);
    buf_release(&b);
    return -1;
}

int conf_parse_int(enum conf_type type, const char *text, int64_t min, int64_t max, int64_t *i,
                   struct err *e)
{
    assert(type == CONF_INT || type == CONF_BYTES || type == CONF_DURATION);
    int64_t v = 0;
    const char *rest = NULL;
    if (read_whole(text, &v, &rest, e) != 0) {
        return -1;
    }
    int rc = 0;
    if (type == CONF_BYTES) {
        rc = read_bytes(text, rest, &v, e);
    } else if (type == CONF_DURATION) {
        rc = read_duration(text, rest, &v, e);
    } else if (*rest != '\0') {
        rc = refuse(e, text, "is not a whole number");
    }
    if (rc != 0) {
        return -1;
    }
    if (v < min) {
        return out_of_bounds(type, text, min, "below", e);
    }
    if (v > max) {
        return out_of_bounds(type, text, max, "above", e);
    }
    *i = v;
    return 0;
}

/* A decimal number as JSON writes it; strtod alone would take "0x1p3", "inf", " 1" and "1,5" of
 * another locale. */
static bool looks_real(const char *p)
{
    p += *p == '-' ? 1 : 0;
    const char *digits = p;
    while (is_digit(*p)) {
        p++;
    }
    if (p == digits) {
        return false;
    }
    if (*p == '.') {
        const char *fraction = ++p;
        while (is_digit(*p)) {
            p++;
        }
        if (p == fraction) {
            return false;
        }
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+' ? 1 : 0;
        if (!is_digit(*p)) {
            return false;
        }
        while (is_digit(*p)) {
            p++;
        }
    }
    return *p == '\0';
}

int conf_parse_real(const char *text, double min, double max, double *d, struct err *e)
{
    if (!looks_real(text)) {
        return refuse(e, text, "is not a number");
    }
    const double v = strtod(text, NULL);
    if (!isfinite(v)) {
        return refuse(e, text, "does not fit into a double");
    }
    if (v < min || v > max) {
        err_set(e, ERR_CONFIG, "'%.*s' is %s %g", SHOWN, text, v < min ? "below" : "above",
                v < min ? min : max);
        return -1;
    }
    *d = v;
    return 0;
}

static bool is_choice(const char *choices, const char *text)
{
    const size_t n = strlen(text);
    for (const char *p = choices; n > 0;) {
        const char *end = strchrnul(p, '|');
        if ((size_t)(end - p) == n && memcmp(p, text, n) == 0) {
            return true;
        }
        if (*end == '\0') {
            return false;
        }
        p = end + 1;
    }
    return false;
}

static int set_text(const struct conf_def *d, char **field, const char *text, struct err *e)
{
    const size_t n = strlen(text);
    if (d->type == CONF_CHOICE) {
        if (!is_choice(d->choices, text)) {
            err_set(e, ERR_CONFIG, "'%.*s' is none of %s", SHOWN, text, d->choices);
            return -1;
        }
    } else if (n > CONF_TEXT_MAX || (int64_t)n < d->min || (int64_t)n > d->max) {
        err_set(e, ERR_CONFIG, "has %zu bytes, allowed are %" PRId64 " to %" PRId64, n, d->min,
                d->max);
        return -1;
    }
    char *copy = mem_strndup(text, n);
    conf_value_release(d, (char *)field - d->offset);
    *field = copy;
    return 0;
}

static int set_bool(bool *field, const char *text, struct err *e)
{
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        return refuse(e, text, "is neither true nor false");
    }
    *field = yes;
    return 0;
}

int conf_value_set(const struct conf_def *d, void *out, const char *text, struct err *e)
{
    void *field = (char *)out + d->offset;
    switch (d->type) {
    case CONF_STRING:
    case CONF_SECRET:
    case CONF_CHOICE:
        return set_text(d, field, text, e);
    case CONF_INT:
    case CONF_BYTES:
    case CONF_DURATION:
        return conf_parse_int(d->type, text, d->min, d->max, field, e);
    case CONF_REAL:
        return conf_parse_real(text, (double)d->min, (double)d->max, field, e);
    case CONF_BOOL:
        return set_bool(field, text, e);
    }
    assert(!"a type of the table is not in enum conf_type");
    return -1;
}

void conf_value_release(const struct conf_def *d, void *out)
{
    char **text = (char **)(void *)((char *)out + d->offset);
    if (d->type == CONF_SECRET && *text != NULL) {
        mem_wipe(*text, strlen(*text));
    }
    if (d->type == CONF_STRING || d->type == CONF_SECRET || d->type == CONF_CHOICE) {
        mem_free(*text);
        *text = NULL;
    }
}

int conf_int_text(enum conf_type type, int64_t i, struct buf *b)
{
    const struct unit *units = type == CONF_BYTES ? byte_units : duration_units + 1;
    size_t n = type == CONF_BYTES ? ARRAY_SIZE(byte_units) : ARRAY_SIZE(duration_units) - 1;
    const int64_t base = units[0].factor;
    if (type == CONF_INT || i == 0) {
        return buf_addf(b, "%" PRId64, i);
    }
    while (n > 1 && i % (units[n - 1].factor / base) != 0) {
        n--;
    }
    return buf_addf(b, "%" PRId64 "%s", i / (units[n - 1].factor / base), units[n - 1].suffix);
}

/* The shortest of the two precisions that reads back as the same number. */
static int real_text(double d, struct buf *b)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.15g", d);
    if (strtod(text, NULL) != d) {
        (void)snprintf(text, sizeof text, "%.17g", d);
    }
    return buf_add(b, text, strlen(text));
}

int conf_value_text(const struct conf_def *d, const void *values, struct buf *b)
{
    const void *field = (const char *)values + d->offset;
    switch (d->type) {
    case CONF_STRING:
    case CONF_SECRET:
    case CONF_CHOICE:
        return buf_add_str(b, str_of(*(char *const *)field));
    case CONF_INT:
    case CONF_BYTES:
    case CONF_DURATION:
        return conf_int_text(d->type, *(const int64_t *)field, b);
    case CONF_REAL:
        return real_text(*(const double *)field, b);
    case CONF_BOOL:
        return buf_add_str(b, str_of(*(const bool *)field ? "true" : "false"));
    }
    assert(!"a type of the table is not in enum conf_type");
    return -1;
}

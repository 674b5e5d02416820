/*
 * Range keywords and column types to two closed intervals, one for whole numbers of the int64 range
 * and one for all others. Exact: a bound beyond 2^53 is never rounded to the wrong side. Start-up
 * only.
 */
#include "common/contract/compile.h"

#include <float.h>
#include <math.h>

/* Smallest double that is not below the number. */
static double double_at_least(const struct plan_number *n)
{
    if (n->is_int && n->d < 0x1p63 && (int64_t)n->d < n->i) {
        return nextafter(n->d, INFINITY);
    }
    return n->d;
}

/* Largest double that is not above the number. */
static double double_at_most(const struct plan_number *n)
{
    if (n->is_int && (n->d >= 0x1p63 || (int64_t)n->d > n->i)) {
        return nextafter(n->d, -INFINITY);
    }
    return n->d;
}

/* Whether the double d is the number itself. */
static bool is_exact(const struct plan_number *n, double d)
{
    return !n->is_int || (d < 0x1p63 && (int64_t)d == n->i);
}

/* No whole number of int64 fits any more. */
static void forbid_ints(struct plan_rule *rule)
{
    rule->int_min = INT64_MAX;
    rule->int_max = INT64_MIN;
}

static void raise_int_min(struct plan_rule *rule, int64_t i)
{
    if (i > rule->int_min) {
        rule->int_min = i;
    }
}

static void lower_int_max(struct plan_rule *rule, int64_t i)
{
    if (i < rule->int_max) {
        rule->int_max = i;
    }
}

static void at_least(struct plan_rule *rule, const struct plan_number *n, bool exclusive)
{
    double d = double_at_least(n);
    if (exclusive && is_exact(n, d)) {
        d = nextafter(d, INFINITY);
    }
    rule->real_min = fmax(rule->real_min, d);
    if (n->is_int) {
        if (exclusive && n->i == INT64_MAX) {
            forbid_ints(rule);
        } else {
            raise_int_min(rule, n->i + (exclusive ? 1 : 0));
        }
    } else if (n->d >= 0x1p63) {
        forbid_ints(rule);
    } else if (n->d >= -0x1p63) {
        raise_int_min(rule, (int64_t)ceil(n->d)); /* not whole, so exclusive changes nothing */
    }
}

static void at_most(struct plan_rule *rule, const struct plan_number *n, bool exclusive)
{
    double d = double_at_most(n);
    if (exclusive && is_exact(n, d)) {
        d = nextafter(d, -INFINITY);
    }
    rule->real_max = fmin(rule->real_max, d);
    if (n->is_int) {
        if (exclusive && n->i == INT64_MIN) {
            forbid_ints(rule);
        } else {
            lower_int_max(rule, n->i - (exclusive ? 1 : 0));
        }
    } else if (n->d < -0x1p63) {
        forbid_ints(rule);
    } else if (n->d < 0x1p63) {
        lower_int_max(rule, (int64_t)floor(n->d));
    }
}

void compile_column_range(struct plan_rule *rule, enum column_type type)
{
    struct plan_number low = {.set = true, .is_int = true};
    struct plan_number high = low;
    switch (type) {
    case COLUMN_REAL:
        rule->real_min = fmax(rule->real_min, -(double)FLT_MAX);
        rule->real_max = fmin(rule->real_max, (double)FLT_MAX);
        return;
    case COLUMN_INT2:
        low.i = INT16_MIN;
        high.i = INT16_MAX;
        break;
    case COLUMN_INT4:
        low.i = INT32_MIN;
        high.i = INT32_MAX;
        break;
    case COLUMN_INT8:
        low.i = INT64_MIN;
        high.i = INT64_MAX;
        break;
    case COLUMN_TIMESTAMPTZ: /* integers are Unix milliseconds of the years 1 to 9999 */
        low.i = INT64_C(-62135596800000);
        high.i = INT64_C(253402300799999);
        break;
    case COLUMN_FLOAT8:
    case COLUMN_BOOL:
    case COLUMN_TEXT:
    case COLUMN_UUID:
        return;
    }
    low.d = (double)low.i;
    high.d = (double)high.i;
    at_least(rule, &low, false);
    at_most(rule, &high, false);
}

int compile_ranges(struct compiler *k, struct plan_rule *rule)
{
    if (rule->minimum.set) {
        at_least(rule, &rule->minimum, false);
    }
    if (rule->above.set) {
        at_least(rule, &rule->above, true);
    }
    if (rule->maximum.set) {
        at_most(rule, &rule->maximum, false);
    }
    if (rule->below.set) {
        at_most(rule, &rule->below, true);
    }
    bool reals = rule->real_min <= rule->real_max;
    bool ints = rule->int_min <= rule->int_max;
    if (!ints && (!reals || rule->integer)) {
        return compile_fail(k, "no number is within its bounds and the range of its column");
    }
    return 0;
}

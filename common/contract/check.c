/*
 * Single checks of the validator that are more than a comparison.
 */
#include "common/contract/check.h"

#include <float.h>
#include <math.h>

bool check_multiple(const struct plan_rule *rule, const struct json_node *node)
{
    const struct plan_number *m = &rule->multiple_of;
    int64_t i = 0;
    bool whole = node->type == JSON_NODE_INT || plan_whole(node->u.d, &i);
    if (node->type == JSON_NODE_INT) {
        i = node->u.i;
    }
    if (whole && m->is_int) {
        return i % m->i == 0;
    }
    double value = node->type == JSON_NODE_INT ? (double)i : node->u.d;
    double quotient = value / m->d;
    if (!isfinite(quotient)) {
        return fmod(value, m->d) == 0;
    }
    return fabs(quotient - nearbyint(quotient)) <= 4 * DBL_EPSILON * fabs(quotient);
}

uint64_t check_code_points(const char *p, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += ((unsigned char)p[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

bool check_length(const struct plan_rule *rule, const struct json_node *node)
{
    /* A code point has one to four bytes. */
    if (node->n <= rule->length_max && node->n / 4 >= rule->length_min) {
        return true;
    }
    if (node->n < rule->length_min) {
        return false;
    }
    uint64_t n = check_code_points(node->u.s, node->n);
    return n >= rule->length_min && n <= rule->length_max;
}

bool check_literal(const struct plan_literal *value, const struct json_node *node)
{
    int64_t i;
    switch ((enum json_type)node->type) {
    case JSON_NODE_NULL:
        return value->type == JSON_NODE_NULL;
    case JSON_NODE_BOOL:
        return value->type == JSON_NODE_BOOL && value->i == node->u.i;
    case JSON_NODE_INT:
        return value->type == JSON_NODE_INT && value->i == node->u.i;
    case JSON_NODE_REAL: /* a literal that is whole is an integer literal */
        return plan_whole(node->u.d, &i) ? value->type == JSON_NODE_INT && value->i == i
                                         : value->type == JSON_NODE_REAL && value->d == node->u.d;
    case JSON_NODE_STRING:
        return value->type == JSON_NODE_STRING && value->s.n == node->n &&
               memcmp(value->s.p, node->u.s, node->n) == 0;
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        break;
    }
    return false;
}

bool check_enum(const struct plan_rule *rule, const struct json_node *node)
{
    for (size_t i = 0; i < rule->value_n; i++) {
        if (check_literal(&rule->values[i], node)) {
            return true;
        }
    }
    return false;
}

/* Bytes of w that are below 0x20 or 0x7f leave a bit; others may only leave one above such a byte
 * (Anderson, "Bit Twiddling Hacks", hasless and haszero). */
static inline uint64_t control_bytes(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t del = w ^ (ones * 0x7f);
    return (((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & (ones * 0x80);
}

bool check_device(struct str s)
{
    if (s.n == 0 || s.n > CONTRACT_DEVICE_MAX) {
        return false;
    }
    uint64_t bad = 0;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        bad |= control_bytes(plan_load8(s.p + i));
    }
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bad |= (uint64_t)((c < 0x20) | (c == 0x7f));
    }
    return bad == 0;
}

/*
 * Texts and pointers of violations. Nothing is kept for them while an event is valid: the path to a
 * node is found again from the top.
 */
#include "common/contract/violation.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/contract/check.h"
#include "common/contract/json_number.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define VALUE_SHOWN 40 /* bytes of a value in a text */

/* Bytes of the longest prefix of at most max bytes that does not split a code point. */
static size_t cut(const char *p, size_t n, size_t max)
{
    if (n <= max) {
        return n;
    }
    while (max > 0 && ((unsigned char)p[max] & 0xc0) == 0x80) {
        max--;
    }
    return max;
}

struct path {
    char *text;
    size_t size; /* with terminator */
    size_t n;
    bool full;
};

static void path_add(struct path *p, const char *bytes, size_t n)
{
    if (p->full || p->n + n + sizeof ELLIPSIS > p->size) { /* room for the sign that it was cut */
        p->full = true;
        return;
    }
    memcpy(p->text + p->n, bytes, n);
    p->n += n;
}

/* "/" and the step escaped by RFC 6901, whole code points. */
static void path_step(struct path *p, const char *step, size_t n)
{
    path_add(p, "/", 1);
    for (size_t i = 0; i < n;) {
        size_t width = 1;
        while (i + width < n && ((unsigned char)step[i + width] & 0xc0) == 0x80) {
            width++;
        }
        if (step[i] == '~') {
            path_add(p, "~0", 2);
        } else if (step[i] == '/') {
            path_add(p, "~1", 2);
        } else {
            path_add(p, step + i, width);
        }
        i += width;
    }
}

static void path_to(struct path *p, const struct json_node *nodes, uint32_t at)
{
    uint32_t parent = 0;
    while (parent != at) {
        uint32_t index = 0;
        uint32_t child = parent + 1;
        while (nodes[child].end <= at) {
            child = nodes[child].end;
            index++;
        }
        if (nodes[parent].type == JSON_NODE_OBJECT) {
            path_step(p, nodes[child].key, nodes[child].key_len);
        } else {
            char number[16];
            int n = snprintf(number, sizeof number, "%u", index);
            path_step(p, number, (size_t)n);
        }
        parent = child;
    }
}

void violation_add(struct violations *out, const struct json_node *nodes, uint32_t at,
                   struct str member, const char *code, const char *fmt, ...)
{
    if (out->n == EVENT_VIOLATIONS_MAX) {
        return;
    }
    struct violation *v = &out->items[out->n++];
    struct path path = {.text = v->pointer, .size = sizeof v->pointer};
    if (nodes != NULL) {
        path_to(&path, nodes, at);
    }
    if (member.p != NULL) {
        path_step(&path, member.p, member.n);
    }
    if (path.full) {
        memcpy(path.text + path.n, ELLIPSIS, sizeof ELLIPSIS - 1);
        path.n += sizeof ELLIPSIS - 1;
    }
    path.text[path.n] = '\0';
    v->code = code;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(v->detail, sizeof v->detail, fmt, args);
    va_end(args);
    assert(n >= 0);
    if ((size_t)n >= sizeof v->detail) {
        v->detail[cut(v->detail, (size_t)n, sizeof v->detail - 1)] = '\0';
    }
}

static const char *type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NODE_NULL] = "null",     [JSON_NODE_BOOL] = "boolean",  [JSON_NODE_INT] = "integer",
        [JSON_NODE_REAL] = "number",   [JSON_NODE_STRING] = "string", [JSON_NODE_ARRAY] = "array",
        [JSON_NODE_OBJECT] = "object",
    };
    return names[type];
}

void violation_type(struct violations *out, const struct json_node *nodes, uint32_t at,
                    const struct plan_rule *rule)
{
    unsigned types = rule->types & ~(unsigned)PLAN_TYPE(JSON_NODE_NULL);
    const char *wanted = "null";
    for (int t = JSON_NODE_BOOL; t <= JSON_NODE_OBJECT; t++) {
        if ((types & PLAN_TYPE(t)) != 0) {
            wanted = type_name((enum json_type)t);
        }
    }
    if ((types & PLAN_TYPES_NUMBER) != 0) {
        wanted = rule->integer ? "integer" : "number";
    }
    bool nullable = types != 0 && types != rule->types;
    const struct json_node *node = &nodes[at];
    violation_add(out, nodes, at, (struct str){NULL, 0}, "type", "must be %s%s, is %s", wanted,
                  nullable ? " or null" : "",
                  rule->integer && node->type == JSON_NODE_REAL
                      ? "not whole"
                      : type_name((enum json_type)node->type));
}

/* " (is 105.5)", or "" for a masked value. */
static void show_number(char *text, size_t size, const struct plan_rule *rule,
                        const struct json_node *node)
{
    char number[JSON_NUMBER_MAX];
    size_t n = node->type == JSON_NODE_INT ? json_number_int(node->u.i, number)
                                           : json_number_real(node->u.d, number);
    text[0] = '\0';
    if (!rule->pii) {
        int written = snprintf(text, size, " (is %.*s)", (int)n, number);
        assert(written > 0);
    }
}

static void bound_text(char text[JSON_NUMBER_MAX + 1], const struct plan_number *bound)
{
    size_t n = bound->is_int ? json_number_int(bound->i, text) : json_number_real(bound->d, text);
    text[n] = '\0';
}

/* Sign of value - bound, exact. */
static int compare(const struct json_node *value, const struct plan_number *bound)
{
    int64_t i = 0;
    bool whole = value->type == JSON_NODE_INT || plan_whole(value->u.d, &i);
    if (value->type == JSON_NODE_INT) {
        i = value->u.i;
    }
    if (whole && bound->is_int) {
        return (i > bound->i) - (i < bound->i);
    }
    double a = value->type == JSON_NODE_INT ? (double)i : value->u.d;
    if (bound->is_int && fabs(a) >= 0x1p63) { /* beyond every int64, also where d is rounded up */
        return a > 0 ? 1 : -1;
    }
    /* Not both are whole: at 2^53 and beyond doubles are whole, so rounding decides nothing. */
    return (a > bound->d) - (a < bound->d);
}

void violation_number(struct violations *out, const struct json_node *nodes, uint32_t at,
                      const struct plan_rule *rule)
{
    const struct json_node *node = &nodes[at];
    size_t before = out->n;
    char is[JSON_NUMBER_MAX + 8];
    show_number(is, sizeof is, rule, node);
    const struct {
        const struct plan_number *bound;
        const char *code;
        const char *text;
        bool broken;
    } bounds[] = {
        {&rule->minimum, "minimum", "at least",
         rule->minimum.set && compare(node, &rule->minimum) < 0},
        {&rule->maximum, "maximum", "at most",
         rule->maximum.set && compare(node, &rule->maximum) > 0},
        {&rule->above, "exclusiveMinimum", "above",
         rule->above.set && compare(node, &rule->above) <= 0},
        {&rule->below, "exclusiveMaximum", "below",
         rule->below.set && compare(node, &rule->below) >= 0},
        {&rule->multiple_of, "multipleOf", "a multiple of",
         rule->multiple_of.set && !check_multiple(rule, node)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        if (bounds[i].broken) {
            char bound[JSON_NUMBER_MAX + 1];
            bound_text(bound, bounds[i].bound);
            violation_add(out, nodes, at, (struct str){NULL, 0}, bounds[i].code, "must be %s %s%s",
                          bounds[i].text, bound, is);
        }
    }
    if (out->n == before) {
        bool time = rule->role == PLAN_ROLE_TIME;
        violation_add(out, nodes, at, (struct str){NULL, 0}, time ? "x-time" : "x-column", "%s%s",
                      time ? "must lie in the years 1 to 9999" : "does not fit the column's type",
                      is);
    }
}

/* The value as short text, or "" for one that may not be shown. */
static void show_literal(char *text, size_t size, const struct plan_literal *value)
{
    char number[JSON_NUMBER_MAX + 1];
    const char *shown = number;
    struct plan_number n = {.is_int = value->type == JSON_NODE_INT, .i = value->i, .d = value->d};
    switch (value->type) {
    case JSON_NODE_NULL:
        shown = "null";
        break;
    case JSON_NODE_BOOL:
        shown = value->i != 0 ? "true" : "false";
        break;
    case JSON_NODE_INT:
    case JSON_NODE_REAL:
        bound_text(number, &n);
        break;
    case JSON_NODE_STRING:
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        (void)snprintf(text, size, "\"%.*s\"", (int)cut(value->s.p, value->s.n, VALUE_SHOWN),
                       value->s.p);
        return;
    }
    (void)snprintf(text, size, "%s", shown);
}

void violation_literal(struct violations *out, const struct json_node *nodes, uint32_t at,
                       const struct plan_rule *rule)
{
    const struct json_node *node = &nodes[at];
    struct str none = {NULL, 0};
    char value[4 * VALUE_SHOWN];
    if (rule->constant != NULL && !check_literal(rule->constant, node)) {
        show_literal(value, sizeof value, rule->constant);
        violation_add(out, nodes, at, none, "const", "must be %s", value);
    }
    if (rule->value_n == 0 || check_enum(rule, node)) {
        return;
    }
    char list[128];
    size_t n = 0;
    list[0] = '\0';
    for (size_t i = 0; i < rule->value_n; i++) {
        show_literal(value, sizeof value, &rule->values[i]);
        size_t length = strlen(value);
        if (n + length + 8 > sizeof list) {
            (void)snprintf(list + n, sizeof list - n, ", " ELLIPSIS);
            break;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i == 0 ? "" : ", ", value);
    }
    violation_add(out, nodes, at, none, "enum", "must be one of %s", list);
}

/*
 * What changed between two versions of a contract. Not on a hot path.
 *
 * A change is breaking when an event that was valid may be refused now, or when the table or topic
 * would no longer fit. One exception is made on purpose: a property that is new where
 * additionalProperties was true counts as added, although a sender may have used its name freely.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/contract/check.h"
#include "common/contract/contract.h"
#include "common/contract/json_number.h"
#include "common/contract/plan.h"

struct diff {
    struct buf *report;
    enum contract_change worst;
};

#define NUMBER_TEXT (JSON_NUMBER_MAX + 1)

static void say(struct diff *d, bool breaking, const char *pointer, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static void say(struct diff *d, bool breaking, const char *pointer, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(n >= 0);
    enum contract_change change = breaking ? CONTRACT_BREAKING : CONTRACT_COMPATIBLE;
    if (change > d->worst) {
        d->worst = change;
    }
    if (buf_addf(d->report, "%s: %s: %s\n", breaking ? "breaking" : "compatible",
                 *pointer == '\0' ? "/" : pointer, text) != 0) {
        /* A full report is cut; the verdict does not depend on it. */
        return;
    }
}

static const char *number_text(const struct plan_number *n, char text[NUMBER_TEXT])
{
    if (!n->set) {
        return "none";
    }
    size_t length = n->is_int ? json_number_int(n->i, text) : json_number_real(n->d, text);
    text[length] = '\0';
    return text;
}

/* Sign of a - b; one that is absent is the weakest bound. */
static int compare_numbers(const struct plan_number *a, const struct plan_number *b)
{
    if (a->is_int && b->is_int) {
        return (a->i > b->i) - (a->i < b->i);
    }
    return (a->d > b->d) - (a->d < b->d);
}

/* upper: a bound from above, so a lower one is stricter. */
static void diff_bound(struct diff *d, const char *pointer, const char *keyword, bool upper,
                       const struct plan_number pair[2])
{
    const struct plan_number *a = &pair[0];
    const struct plan_number *b = &pair[1];
    int order = compare_numbers(b, a);
    if (a->set == b->set && (!a->set || order == 0)) {
        return;
    }
    bool stricter = a->set && b->set ? (upper ? order < 0 : order > 0) : b->set;
    char was[NUMBER_TEXT], is[NUMBER_TEXT];
    say(d, stricter, pointer, "%s %s -> %s", keyword, number_text(a, was), number_text(b, is));
}

static void diff_multiple(struct diff *d, const struct plan_rule *a, const struct plan_rule *b)
{
    const struct plan_number *was = &a->multiple_of;
    const struct plan_number *is = &b->multiple_of;
    if (was->set == is->set && (!was->set || compare_numbers(was, is) == 0)) {
        return;
    }
    bool breaking = is->set;
    if (was->set && is->set) { /* multiples of 10 are multiples of 5 */
        struct json_node node = {.type = was->is_int ? JSON_NODE_INT : JSON_NODE_REAL};
        if (was->is_int) {
            node.u.i = was->i;
        } else {
            node.u.d = was->d;
        }
        breaking = !check_multiple(b, &node);
    }
    char was_text[NUMBER_TEXT], is_text[NUMBER_TEXT];
    say(d, breaking, a->pointer, "multipleOf %s -> %s", number_text(was, was_text),
        number_text(is, is_text));
}

static void diff_count(struct diff *d, const char *pointer, const char *keyword, bool upper,
                       const uint64_t pair[2])
{
    if (pair[0] == pair[1]) {
        return;
    }
    char text[2][24];
    for (int i = 0; i < 2; i++) {
        bool none = upper ? pair[i] == UINT64_MAX : pair[i] == 0;
        (void)snprintf(text[i], sizeof text[i], none ? "none" : "%llu",
                       (unsigned long long)pair[i]);
    }
    say(d, upper ? pair[1] < pair[0] : pair[1] > pair[0], pointer, "%s %s -> %s", keyword, text[0],
        text[1]);
}

static void type_text(const struct plan_rule *rule, char *out, size_t size)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    if (rule->types == PLAN_TYPES_ALL) {
        (void)snprintf(out, size, "any");
        return;
    }
    out[0] = '\0';
    for (int t = JSON_NODE_OBJECT; t >= JSON_NODE_NULL; t--) {
        bool shown = (rule->types & PLAN_TYPE(t)) != 0;
        if (t == JSON_NODE_INT || t == JSON_NODE_REAL) {
            shown = shown && rule->integer == (t == JSON_NODE_INT);
        }
        if (shown) {
            size_t n = strlen(out);
            (void)snprintf(out + n, size - n, "%s%s", n == 0 ? "" : "|", names[t]);
        }
    }
}

static void diff_type(struct diff *d, const struct plan_rule *a, const struct plan_rule *b)
{
    if (a->types == b->types && a->integer == b->integer) {
        return;
    }
    bool wider = (a->types & ~(unsigned)b->types) == 0;
    if ((a->types & PLAN_TYPES_NUMBER) != 0 && b->integer && !a->integer) {
        wider = false;
    }
    char was[64], is[64];
    type_text(a, was, sizeof was);
    type_text(b, is, sizeof is);
    say(d, !wider, a->pointer, "type %s -> %s", was, is);
}

static bool same_literal(const struct plan_literal *a, const struct plan_literal *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case JSON_NODE_STRING:
        return str_eq(a->s, b->s);
    case JSON_NODE_REAL:
        return a->d == b->d;
    case JSON_NODE_NULL:
    case JSON_NODE_BOOL:
    case JSON_NODE_INT:
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        break;
    }
    return a->i == b->i;
}

static void literal_text(const struct plan_literal *v, char *out, size_t size)
{
    char number[NUMBER_TEXT];
    struct plan_number n = {.set = true, .is_int = v->type == JSON_NODE_INT, .i = v->i, .d = v->d};
    switch (v->type) {
    case JSON_NODE_NULL:
        (void)snprintf(out, size, "null");
        break;
    case JSON_NODE_BOOL:
        (void)snprintf(out, size, "%s", v->i != 0 ? "true" : "false");
        break;
    case JSON_NODE_INT:
    case JSON_NODE_REAL:
        (void)snprintf(out, size, "%s", number_text(&n, number));
        break;
    case JSON_NODE_STRING:
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        (void)snprintf(out, size, "\"%.*s\"", (int)v->s.n, v->s.p);
        break;
    }
}

static bool has_value(const struct plan_rule *rule, const struct plan_literal *value)
{
    for (size_t i = 0; i < rule->value_n; i++) {
        if (same_literal(&rule->values[i], value)) {
            return true;
        }
    }
    return false;
}

static void diff_values(struct diff *d, const struct plan_rule *a, const struct plan_rule *b)
{
    char text[128];
    if ((a->value_n == 0) != (b->value_n == 0)) {
        say(d, b->value_n > 0, a->pointer, "enum %s", b->value_n > 0 ? "added" : "removed");
    } else {
        for (size_t i = 0; i < a->value_n; i++) {
            if (!has_value(b, &a->values[i])) {
                literal_text(&a->values[i], text, sizeof text);
                say(d, true, a->pointer, "enum without %s", text);
            }
        }
        for (size_t i = 0; i < b->value_n; i++) {
            if (!has_value(a, &b->values[i])) {
                literal_text(&b->values[i], text, sizeof text);
                say(d, false, a->pointer, "enum with %s", text);
            }
        }
    }
    if ((a->constant == NULL) != (b->constant == NULL)) {
        say(d, b->constant != NULL, a->pointer, "const %s",
            b->constant != NULL ? "added" : "removed");
    } else if (a->constant != NULL && !same_literal(a->constant, b->constant)) {
        say(d, true, a->pointer, "const changed");
    }
}

/* Keywords whose values cannot be ordered: any change to another value is breaking. */
static void diff_text(struct diff *d, const char *pointer, const char *keyword, const char *was,
                      const char *is)
{
    if (was == is || (was != NULL && is != NULL && strcmp(was, is) == 0)) {
        return;
    }
    say(d, is != NULL, pointer, "%s %s -> %s", keyword, was == NULL ? "none" : was,
        is == NULL ? "none" : is);
}

static const struct plan_member *same_member(const struct plan_rule *rule,
                                             const struct plan_member *like)
{
    for (uint32_t i = 0; i < rule->member_n; i++) {
        if (rule->members[i].key_len == like->key_len &&
            memcmp(rule->members[i].key, like->key, like->key_len) == 0) {
            return &rule->members[i];
        }
    }
    return NULL;
}

static void diff_rule(struct diff *d, const struct plan_rule *a, const struct plan_rule *b);

static void diff_members(struct diff *d, const struct plan_rule *a, const struct plan_rule *b)
{
    for (uint32_t i = 0; i < a->member_n; i++) {
        const struct plan_member *was = &a->members[i];
        const struct plan_member *is = same_member(b, was);
        if (is == NULL) {
            say(d, !b->additional, was->rule->pointer, "property removed");
            continue;
        }
        if (was->required != is->required) {
            say(d, is->required, was->rule->pointer, "%s",
                is->required ? "is required now" : "is no longer required");
        }
        diff_rule(d, was->rule, is->rule);
    }
    for (uint32_t i = 0; i < b->member_n; i++) {
        const struct plan_member *is = &b->members[i];
        if (same_member(a, is) == NULL) {
            say(d, is->required, is->rule->pointer, "property added%s",
                is->required ? ", required" : "");
        }
    }
    if (a->additional != b->additional) {
        say(d, !b->additional, a->pointer, "additionalProperties %s -> %s",
            a->additional ? "true" : "false", b->additional ? "true" : "false");
    }
}

/* Recursion is bounded by JSON_DEPTH_MAX, as the rules are. */
static void diff_rule(struct diff *d, const struct plan_rule *a, const struct plan_rule *b)
{
    const char *at = a->pointer;
    diff_type(d, a, b);
    diff_values(d, a, b);
    diff_bound(d, at, "minimum", false, (struct plan_number[2]){a->minimum, b->minimum});
    diff_bound(d, at, "maximum", true, (struct plan_number[2]){a->maximum, b->maximum});
    diff_bound(d, at, "exclusiveMinimum", false, (struct plan_number[2]){a->above, b->above});
    diff_bound(d, at, "exclusiveMaximum", true, (struct plan_number[2]){a->below, b->below});
    diff_multiple(d, a, b);
    diff_count(d, at, "minLength", false, (uint64_t[2]){a->length_min, b->length_min});
    diff_count(d, at, "maxLength", true, (uint64_t[2]){a->length_max, b->length_max});
    diff_count(d, at, "minItems", false, (uint64_t[2]){a->items_min, b->items_min});
    diff_count(d, at, "maxItems", true, (uint64_t[2]){a->items_max, b->items_max});
    diff_text(d, at, "pattern", a->pattern_text, b->pattern_text);
    diff_text(d, at, "format",
              a->format == FORMAT_NONE ? NULL : format_name((enum format)a->format),
              b->format == FORMAT_NONE ? NULL : format_name((enum format)b->format));
    if (a->pii != b->pii) {
        say(d, false, at, "x-pii %s -> %s", a->pii ? "true" : "false", b->pii ? "true" : "false");
    }
    if (a->items != NULL && b->items != NULL) {
        diff_rule(d, a->items, b->items);
    } else if (a->items != b->items) {
        say(d, b->items != NULL, at, "items %s", b->items != NULL ? "added" : "removed");
    }
    diff_members(d, a, b);
}

static const struct contract_column *column_at(const struct contract *c, const char *pointer)
{
    for (size_t i = 0; i < c->column_n; i++) {
        if (strcmp(c->columns[i].pointer, pointer) == 0) {
            return &c->columns[i];
        }
    }
    return NULL;
}

static bool same_limit(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void diff_columns(struct diff *d, const struct contract *a, const struct contract *b)
{
    for (size_t i = 0; i < a->column_n; i++) {
        const struct contract_column *was = &a->columns[i];
        const struct contract_column *is = column_at(b, was->pointer);
        if (is == NULL) {
            say(d, true, was->pointer, "column %s removed", was->name);
            continue;
        }
        if (is->type != was->type) {
            say(d, true, was->pointer, "column %s %s -> %s", was->name, column_type_sql(was->type),
                column_type_sql(is->type));
        }
        if (is->rollup != was->rollup) {
            say(d, false, was->pointer, "x-rollup %s", is->rollup ? "added" : "removed");
        }
        if (!same_limit(is->anomaly.low, was->anomaly.low) ||
            !same_limit(is->anomaly.high, was->anomaly.high) ||
            !same_limit(is->anomaly.max_step, was->anomaly.max_step) ||
            !same_limit(is->anomaly.zscore, was->anomaly.zscore)) {
            say(d, false, was->pointer, "x-anomaly changed");
        }
    }
    for (size_t i = 0; i < b->column_n; i++) {
        if (column_at(a, b->columns[i].pointer) == NULL) {
            say(d, false, b->columns[i].pointer, "column %s %s added", b->columns[i].name,
                column_type_sql(b->columns[i].type));
        }
    }
}

/* Keywords at the top: where events go and what identifies them. Any change is breaking. */
static void diff_top(struct diff *d, const char *keyword, const char *was, const char *is)
{
    if (was != is && (was == NULL || is == NULL || strcmp(was, is) != 0)) {
        say(d, true, "", "%s %s -> %s", keyword, was == NULL ? "none" : was,
            is == NULL ? "none" : is);
    }
}

enum contract_change contract_diff(const struct contract *older, const struct contract *newer,
                                   struct buf *report)
{
    struct diff d = {.report = report, .worst = CONTRACT_SAME};
    diff_top(&d, "x-topic", older->topic, newer->topic);
    diff_top(&d, "x-table", older->table, newer->table);
    diff_top(&d, "x-device", older->device_pointer, newer->device_pointer);
    diff_top(&d, "x-time", older->time_pointer, newer->time_pointer);
    diff_top(&d, "x-event-id", older->id_pointer, newer->id_pointer);
    diff_rule(&d, older->top, newer->top);
    diff_columns(&d, older, newer);
    if (newer->version < older->version) {
        say(&d, true, "", "x-version went down: %lld -> %lld", (long long)older->version,
            (long long)newer->version);
    } else if (d.worst == CONTRACT_BREAKING && newer->version == older->version) {
        say(&d, true, "", "x-version is still %lld: a breaking change needs a higher one",
            (long long)newer->version);
    }
    return d.worst;
}

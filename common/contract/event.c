/*
 * Validation of events: one pass over the nodes of the parse, which also finds the node of each
 * column. The fast path only says good or not; violation.c explains. On the thread that owns the
 * validator.
 */
#include "common/contract/event.h"

#include <assert.h>
#include <math.h>

#include "common/base/mem.h"
#include "common/contract/check.h"
#include "common/contract/plan.h"
#include "common/contract/time.h"
#include "common/contract/violation.h"

struct validator {
    struct json_parser *parser;
    struct pattern_scratch *scratch;
    struct err e; /* here and not on the stack, which would be cleared for each event */
    uint32_t column[CONTRACT_COLUMNS_MAX];
};

/* One event's way through the rules. */
struct walk {
    struct validator *v;
    const struct json_node *nodes;
    struct event *ev;
    struct violations *out;
    bool has_extra;
};

static const struct str no_member = {NULL, 0};

struct validator *validator_new(size_t max_bytes)
{
    struct validator *v = mem_calloc(1, sizeof *v);
    v->parser = json_parser_new(max_bytes);
    v->scratch = pattern_scratch_new();
    return v;
}

void validator_free(struct validator *v)
{
    if (v != NULL) {
        json_parser_free(v->parser);
        pattern_scratch_free(v->scratch);
        mem_free(v);
    }
}

static void check_value(struct walk *w, const struct plan_rule *rule, uint32_t at);

static inline struct str text_of(const struct json_node *node)
{
    return (struct str){node->u.s, node->n};
}

static void check_pattern(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    enum pattern_rc rc = pattern_match(rule->pattern, w->v->scratch, text_of(&w->nodes[at]));
    if (rc == PATTERN_NO_MATCH) {
        violation_add(w->out, w->nodes, at, no_member, "pattern", "does not match %s",
                      rule->pattern_text);
    } else if (rc == PATTERN_TOO_HARD) {
        violation_add(w->out, w->nodes, at, no_member, "pattern",
                      "takes too many steps to match %s", rule->pattern_text);
    }
}

static void check_string_role(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    switch ((enum plan_role)rule->role) {
    case PLAN_ROLE_NONE:
        break;
    case PLAN_ROLE_DEVICE:
        w->ev->device = text_of(node);
        if (!check_device(w->ev->device)) {
            violation_add(w->out, w->nodes, at, no_member, "x-device",
                          "must have 1 to %d bytes and no control character", CONTRACT_DEVICE_MAX);
        }
        break;
    case PLAN_ROLE_TIME: /* format date-time: checked and read in one go */
        if (time_parse_rfc3339(text_of(node), &w->ev->time_us) != 0) {
            violation_add(w->out, w->nodes, at, no_member, "format",
                          "must have the format date-time");
        }
        break;
    case PLAN_ROLE_EVENT_ID:
        w->ev->client_id = text_of(node);
        if (node->n == 0 || node->n > CONTRACT_ID_MAX) {
            violation_add(w->out, w->nodes, at, no_member, "x-event-id", "must have 1 to %d bytes",
                          CONTRACT_ID_MAX);
        }
        break;
    }
}

static void explain_length(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    uint64_t n = check_code_points(node->u.s, node->n);
    bool low = n < rule->length_min;
    violation_add(w->out, w->nodes, at, no_member, low ? "minLength" : "maxLength",
                  "must have at %s %llu characters (has %llu)", low ? "least" : "most",
                  (unsigned long long)(low ? rule->length_min : rule->length_max),
                  (unsigned long long)n);
}

static void check_string(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    unsigned checks = rule->checks;
    if (checks != 0) {
        if ((checks & PLAN_CHECK_LENGTH) != 0 && !check_length(rule, node)) {
            explain_length(w, rule, at);
        }
        if ((checks & PLAN_CHECK_FORMAT) != 0 && rule->role != PLAN_ROLE_TIME &&
            !format_matches((enum format)rule->format, text_of(node))) {
            violation_add(w->out, w->nodes, at, no_member, "format", "must have the format %s",
                          format_name((enum format)rule->format));
        }
        if ((checks & PLAN_CHECK_PATTERN) != 0) {
            check_pattern(w, rule, at);
        }
    }
    if (rule->role != PLAN_ROLE_NONE) {
        check_string_role(w, rule, at);
    }
}

static void check_number(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    int64_t i = node->u.i;
    bool good;
    if (node->type == JSON_NODE_REAL && !(rule->integer && plan_whole(node->u.d, &i))) {
        double d = node->u.d;
        if (rule->integer && floor(d) != d) {
            violation_type(w->out, w->nodes, at, rule);
            return;
        }
        good = d >= rule->real_min && d <= rule->real_max;
    } else {
        good = i >= rule->int_min && i <= rule->int_max;
    }
    if ((rule->checks & PLAN_CHECK_MULTIPLE) != 0) {
        good = good && check_multiple(rule, node);
    }
    if (!good) {
        violation_number(w->out, w->nodes, at, rule);
    } else if (rule->role == PLAN_ROLE_TIME) {
        w->ev->time_us = i * 1000; /* Unix milliseconds; the range is part of the rule */
    }
}

static void check_array(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    if (node->n < rule->items_min || node->n > rule->items_max) {
        bool low = node->n < rule->items_min;
        violation_add(w->out, w->nodes, at, no_member, low ? "minItems" : "maxItems",
                      "must have at %s %llu items (has %u)", low ? "least" : "most",
                      (unsigned long long)(low ? rule->items_min : rule->items_max), node->n);
    }
    w->has_extra = true; /* arrays have no columns */
    if (rule->items == NULL) {
        return;
    }
    for (uint32_t i = at + 1; i < node->end && w->out->n < EVENT_VIOLATIONS_MAX;
         i = w->nodes[i].end) {
        check_value(w, rule->items, i);
    }
}

static void explain_missing(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    for (uint32_t m = 0; m < rule->member_n; m++) {
        const struct plan_member *member = &rule->members[m];
        if (!member->required) {
            continue;
        }
        bool found = false;
        for (uint32_t i = at + 1; i < w->nodes[at].end && !found; i = w->nodes[i].end) {
            found = w->nodes[i].key_len == member->key_len &&
                    memcmp(w->nodes[i].key, member->key, member->key_len) == 0;
        }
        if (!found) {
            violation_add(w->out, w->nodes, at, (struct str){member->key, member->key_len},
                          "required", "is required");
        }
    }
}

/* What most values of telemetry are, without a call: a real number in range, for a column, with
 * nothing else to check. False: check_value has to look. */
static inline bool take_measurement(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    if (node->type != JSON_NODE_REAL || !rule->measurement || !(node->u.d >= rule->real_min) ||
        !(node->u.d <= rule->real_max)) {
        return false;
    }
    w->v->column[rule->column] = at;
    return true;
}

static void check_object(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *nodes = w->nodes;
    uint32_t end = nodes[at].end;
    uint32_t next = 0;
    uint32_t required = 0;
    if (!rule->mapped) {
        w->has_extra = true;
    }
    for (uint32_t i = at + 1; i < end; i = nodes[i].end) {
        const struct plan_member *member = plan_find(rule, &nodes[i], &next);
        if (member != NULL) {
            required += member->required ? 1 : 0;
            if (!take_measurement(w, member->rule, i)) {
                check_value(w, member->rule, i);
            }
        } else if (rule->additional) {
            w->has_extra = true;
        } else {
            violation_add(w->out, nodes, i, no_member, "additionalProperties", "is not allowed");
        }
        if (w->out->n == EVENT_VIOLATIONS_MAX) {
            return;
        }
    }
    /* Keys are unique, so the count tells. */
    if (required != rule->required_n) {
        explain_missing(w, rule, at);
    }
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static void check_value(struct walk *w, const struct plan_rule *rule, uint32_t at)
{
    const struct json_node *node = &w->nodes[at];
    if ((rule->types & PLAN_TYPE(node->type)) == 0) {
        violation_type(w->out, w->nodes, at, rule);
        return;
    }
    switch ((enum json_type)node->type) {
    case JSON_NODE_OBJECT:
        check_object(w, rule, at);
        break;
    case JSON_NODE_ARRAY:
        check_array(w, rule, at);
        break;
    case JSON_NODE_STRING:
        check_string(w, rule, at);
        break;
    case JSON_NODE_INT:
    case JSON_NODE_REAL:
        check_number(w, rule, at);
        break;
    case JSON_NODE_NULL:
    case JSON_NODE_BOOL:
        break;
    }
    if ((rule->checks & PLAN_CHECK_LITERALS) != 0 &&
        ((rule->constant != NULL && !check_literal(rule->constant, node)) ||
         (rule->value_n > 0 && !check_enum(rule, node)))) {
        violation_literal(w->out, w->nodes, at, rule);
    }
    if (rule->column != PLAN_NO_COLUMN) {
        w->v->column[rule->column] = node->type == JSON_NODE_NULL ? EVENT_NO_NODE : at;
    } else if (node->type != JSON_NODE_OBJECT && rule->role == PLAN_ROLE_NONE) {
        w->has_extra = true;
    }
}

int event_validate(struct validator *v, const struct contract *c, const char *text, size_t n,
                   struct event *ev, struct violations *out)
{
    out->n = 0;
    *ev = (struct event){.column = v->column};
    if (json_parse(v->parser, text, n, &ev->doc, &v->e) != 0) {
        violation_add(out, NULL, 0, no_member, "json", "%s", v->e.text);
        return -1;
    }
    memset(v->column, 0xff, c->column_n * sizeof v->column[0]); /* EVENT_NO_NODE */
    struct walk w = {.v = v, .nodes = ev->doc.nodes, .ev = ev, .out = out};
    check_value(&w, c->top, 0);
    ev->has_extra = w.has_extra;
    return out->n == 0 ? 0 : -1;
}

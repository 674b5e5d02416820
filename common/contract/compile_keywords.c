/*
 * Keywords that constrain one value: types, ranges, lengths, patterns, formats, literals. Start-up
 * only.
 */
#include "common/contract/compile.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>

static const struct {
    const char *name;
    uint8_t types;
} type_names[] = {
    {"null", PLAN_TYPE(JSON_NODE_NULL)},     {"boolean", PLAN_TYPE(JSON_NODE_BOOL)},
    {"integer", PLAN_TYPES_NUMBER},          {"number", PLAN_TYPES_NUMBER},
    {"string", PLAN_TYPE(JSON_NODE_STRING)}, {"array", PLAN_TYPE(JSON_NODE_ARRAY)},
    {"object", PLAN_TYPE(JSON_NODE_OBJECT)},
};

static int one_type(struct compiler *k, struct plan_rule *rule, const json_t *value)
{
    const char *name = json_string_value(value);
    for (size_t i = 0; name != NULL && i < ARRAY_SIZE(type_names); i++) {
        if (strcmp(name, type_names[i].name) == 0) {
            rule->types |= type_names[i].types;
            rule->integer = rule->integer || strcmp(name, "integer") == 0;
            return 0;
        }
    }
    return compile_fail(k, "must be null, boolean, integer, number, string, array or object");
}

int compile_type(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    rule->types = 0;
    if (!json_is_array(value)) {
        return one_type(k, rule, value);
    }
    if (json_array_size(value) != 2) {
        return compile_fail(k, "a list must have one type and \"null\"");
    }
    for (size_t i = 0; i < 2; i++) {
        if (one_type(k, rule, json_array_get(value, i)) != 0) {
            return -1;
        }
    }
    const uint8_t null = PLAN_TYPE(JSON_NODE_NULL);
    if ((rule->types & null) == 0 || rule->types == null) {
        return compile_fail(k, "a list must have one type and \"null\"");
    }
    return 0;
}

/* Scalars only: a list of objects has no use in an event. */
static int literal(struct compiler *k, const json_t *value, struct plan_literal *out)
{
    *out = (struct plan_literal){.type = JSON_NODE_NULL};
    switch (json_typeof(value)) {
    case JSON_NULL:
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        out->type = JSON_NODE_BOOL;
        out->i = json_is_true(value) ? 1 : 0;
        return 0;
    case JSON_INTEGER:
        out->type = JSON_NODE_INT;
        out->i = json_integer_value(value);
        return 0;
    case JSON_REAL:
        out->type = plan_whole(json_real_value(value), &out->i) ? JSON_NODE_INT : JSON_NODE_REAL;
        out->d = json_real_value(value);
        return 0;
    case JSON_STRING:
        out->type = JSON_NODE_STRING;
        out->s.n = json_string_length(value);
        out->s.p = compile_copy(k, json_string_value(value), out->s.n);
        return 0;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return compile_fail(k, "must be a scalar");
}

static bool literal_has_type(const struct plan_rule *rule, const struct plan_literal *value)
{
    if ((rule->types & PLAN_TYPE(value->type)) == 0) {
        return false;
    }
    return value->type != JSON_NODE_REAL || !rule->integer || floor(value->d) == value->d;
}

int compile_enum(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    size_t n = json_array_size(value);
    if (n == 0 || n > COMPILE_ENUM_MAX) {
        return compile_fail(k, "must be a list of 1 to %d values", COMPILE_ENUM_MAX);
    }
    struct plan_literal *values = arena_alloc(&k->c->arena, n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(value, i);
        if (literal(k, item, &values[i]) != 0) {
            return -1;
        }
        for (size_t j = 0; j < i; j++) {
            if (json_equal(item, json_array_get(value, j))) {
                return compile_fail(k, "value %zu stands there twice", i);
            }
        }
        if (!literal_has_type(rule, &values[i])) {
            return compile_fail(k, "value %zu does not have the type of the property", i);
        }
    }
    rule->values = values;
    rule->value_n = n;
    rule->checks |= PLAN_CHECK_LITERALS;
    return 0;
}

int compile_const(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    struct plan_literal *constant = arena_alloc(&k->c->arena, sizeof *constant);
    if (literal(k, value, constant) != 0) {
        return -1;
    }
    if (!literal_has_type(rule, constant)) {
        return compile_fail(k, "does not have the type of the property");
    }
    rule->constant = constant;
    rule->checks |= PLAN_CHECK_LITERALS;
    return 0;
}

static int number(struct compiler *k, const json_t *value, struct plan_number *out)
{
    if (!json_is_number(value)) {
        return compile_fail(k, "must be a number");
    }
    *out = (struct plan_number){.set = true, .d = json_number_value(value)};
    if (json_is_integer(value)) {
        out->is_int = true;
        out->i = json_integer_value(value);
    } else {
        out->is_int = plan_whole(out->d, &out->i);
    }
    return 0;
}

int compile_minimum(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    return number(k, value, &rule->minimum);
}

int compile_maximum(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    return number(k, value, &rule->maximum);
}

int compile_above(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    return number(k, value, &rule->above);
}

int compile_below(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    return number(k, value, &rule->below);
}

int compile_multiple(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (number(k, value, &rule->multiple_of) != 0) {
        return -1;
    }
    if (!(rule->multiple_of.d > 0)) {
        return compile_fail(k, "must be above 0");
    }
    rule->checks |= PLAN_CHECK_MULTIPLE;
    return 0;
}

static int count(struct compiler *k, const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return compile_fail(k, "must be a whole number from 0");
    }
    *out = (uint64_t)json_integer_value(value);
    return 0;
}

int compile_min_length(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    rule->checks |= PLAN_CHECK_LENGTH;
    return count(k, value, &rule->length_min);
}

int compile_max_length(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    rule->checks |= PLAN_CHECK_LENGTH;
    if (count(k, value, &rule->length_max) != 0) {
        return -1;
    }
    return rule->length_min > rule->length_max ? compile_fail(k, "is below minLength") : 0;
}

int compile_min_items(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    return count(k, value, &rule->items_min);
}

int compile_max_items(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (count(k, value, &rule->items_max) != 0) {
        return -1;
    }
    return rule->items_min > rule->items_max ? compile_fail(k, "is below minItems") : 0;
}

int compile_pattern(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (!json_is_string(value)) {
        return compile_fail(k, "must be a string");
    }
    struct str text = {json_string_value(value), json_string_length(value)};
    struct err e;
    struct pattern *p = pattern_new(text, k->c->patterns, &e);
    if (p == NULL) {
        return compile_fail(k, "%s", e.text);
    }
    k->c->patterns = p;
    rule->pattern = p;
    rule->pattern_text = compile_copy(k, text.p, text.n);
    rule->checks |= PLAN_CHECK_PATTERN;
    return 0;
}

int compile_format(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (!json_is_string(value)) {
        return compile_fail(k, "must be a string");
    }
    enum format f = format_find(json_string_value(value));
    if (f == FORMAT_NONE) {
        return compile_fail(k, "unknown format \"%s\"", json_string_value(value));
    }
    rule->format = (uint8_t)f;
    rule->checks |= PLAN_CHECK_FORMAT;
    return 0;
}

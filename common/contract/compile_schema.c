/*
 * One schema and all below it to rules: the table of keywords, properties, items and local $ref.
 * Start-up only.
 */
#include "common/contract/compile.h"

#include <assert.h>
#include <float.h>
#include <jansson.h>
#include <stdio.h>

/* Where a keyword may stand. */
enum place {
    ANYWHERE,
    AT_TOP,     /* of the file; compile.c reads it */
    ANNOTATION, /* says nothing about validity; also beside $ref */
    STRUCTURE   /* read by this file */
};

struct keyword {
    const char *name;
    compile_keyword_fn *compile; /* or NULL */
    uint8_t types;               /* it acts on these only; 0: on any */
    enum place place;
};

#define STRINGS PLAN_TYPE(JSON_NODE_STRING)
#define ARRAYS PLAN_TYPE(JSON_NODE_ARRAY)
#define OBJECTS PLAN_TYPE(JSON_NODE_OBJECT)

static compile_keyword_fn compile_text, compile_list, compile_boolean;

/* In the order of compiling: type before all, x-column before what needs one. */
static const struct keyword keywords[] = {
    {"type", compile_type, 0, ANYWHERE},
    {"enum", compile_enum, 0, ANYWHERE},
    {"const", compile_const, 0, ANYWHERE},
    {"minimum", compile_minimum, PLAN_TYPES_NUMBER, ANYWHERE},
    {"maximum", compile_maximum, PLAN_TYPES_NUMBER, ANYWHERE},
    {"exclusiveMinimum", compile_above, PLAN_TYPES_NUMBER, ANYWHERE},
    {"exclusiveMaximum", compile_below, PLAN_TYPES_NUMBER, ANYWHERE},
    {"multipleOf", compile_multiple, PLAN_TYPES_NUMBER, ANYWHERE},
    {"minLength", compile_min_length, STRINGS, ANYWHERE},
    {"maxLength", compile_max_length, STRINGS, ANYWHERE},
    {"pattern", compile_pattern, STRINGS, ANYWHERE},
    {"format", compile_format, STRINGS, ANYWHERE},
    {"minItems", compile_min_items, ARRAYS, ANYWHERE},
    {"maxItems", compile_max_items, ARRAYS, ANYWHERE},
    {"items", NULL, ARRAYS, STRUCTURE},
    {"properties", NULL, OBJECTS, STRUCTURE},
    {"required", NULL, OBJECTS, STRUCTURE},
    {"additionalProperties", NULL, OBJECTS, STRUCTURE},
    {"$ref", NULL, 0, STRUCTURE},
    {"title", compile_text, 0, ANNOTATION},
    {"description", compile_text, 0, ANNOTATION},
    {"$comment", compile_text, 0, ANNOTATION},
    {"examples", compile_list, 0, ANNOTATION},
    {"default", NULL, 0, ANNOTATION},
    {"deprecated", compile_boolean, 0, ANNOTATION},
    {"x-pii", compile_pii, 0, ANNOTATION},
    {"x-column", compile_column, 0, ANNOTATION},
    {"x-rollup", compile_rollup, 0, ANNOTATION},
    {"x-anomaly", compile_anomaly, 0, ANNOTATION},
    {"$schema", NULL, 0, AT_TOP},
    {"$id", NULL, 0, AT_TOP},
    {"$defs", NULL, 0, AT_TOP},
    {"x-version", NULL, 0, AT_TOP},
    {"x-topic", NULL, 0, AT_TOP},
    {"x-table", NULL, 0, AT_TOP},
    {"x-device", NULL, 0, AT_TOP},
    {"x-time", NULL, 0, AT_TOP},
    {"x-event-id", NULL, 0, AT_TOP},
};

static int compile_text(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    (void)rule;
    return json_is_string(value) ? 0 : compile_fail(k, "must be a string");
}

static int compile_list(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    (void)rule;
    return json_is_array(value) ? 0 : compile_fail(k, "must be a list");
}

static int compile_boolean(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    (void)rule;
    return json_is_boolean(value) ? 0 : compile_fail(k, "must be true or false");
}

static const struct keyword *find_keyword(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (strcmp(keywords[i].name, name) == 0) {
            return &keywords[i];
        }
    }
    return NULL;
}

/* Every key of schema is a keyword that may stand here. */
static int check_names(struct compiler *k, json_t *schema)
{
    bool ref = json_object_get(schema, "$ref") != NULL;
    const char *name;
    json_t *value;
    json_object_foreach(schema, name, value)
    {
        const struct keyword *keyword = find_keyword(name);
        size_t before = compile_enter(k, name);
        if (keyword == NULL) {
            return compile_fail(k, "unknown keyword");
        }
        if (keyword->place == AT_TOP && schema != k->root) {
            return compile_fail(k, "is allowed at the top of the contract only");
        }
        if (ref && keyword->place != ANNOTATION && strcmp(name, "$ref") != 0) {
            return compile_fail(k, "cannot stand beside $ref");
        }
        compile_leave(k, before);
    }
    return 0;
}

struct plan_rule *compile_rule_new(struct compiler *k)
{
    if (++k->rules > COMPILE_RULES_MAX) {
        (void)compile_fail(k, "more than %d places after expanding $ref", COMPILE_RULES_MAX);
        return NULL;
    }
    if (k->c->arena.used > COMPILE_ARENA_LIMIT / 2) { /* one schema's own text fits in the rest */
        (void)compile_fail(k, "the contract is too large after expanding $ref");
        return NULL;
    }
    struct plan_rule *rule = arena_alloc(&k->c->arena, sizeof *rule);
    *rule = (struct plan_rule){
        .types = PLAN_TYPES_ALL,
        .additional = true,
        .column = PLAN_NO_COLUMN,
        .int_min = INT64_MIN,
        .int_max = INT64_MAX,
        .real_min = -DBL_MAX,
        .real_max = DBL_MAX,
        .items_max = UINT64_MAX,
        .length_max = UINT64_MAX,
        .pointer = compile_copy(k, k->at, k->at_n),
    };
    return rule;
}

/* Rule of a schema one level further inside the event. NULL with e. */
static struct plan_rule *compile_child(struct compiler *k, json_t *schema, const char *step,
                                       const struct plan_rule *parent)
{
    if (k->depth + 1 >= JSON_DEPTH_MAX) {
        (void)compile_fail(k, "nested deeper than an event may be (%d levels)", JSON_DEPTH_MAX);
        return NULL;
    }
    size_t before = compile_descend(k, step);
    k->depth++;
    struct plan_rule *rule = compile_rule_new(k);
    if (rule != NULL) {
        rule->pii = parent->pii;
        if (compile_schema(k, schema, rule) != 0) {
            rule = NULL;
        }
    }
    k->depth--;
    compile_ascend(k, before);
    return rule;
}

static int compile_items(struct compiler *k, struct plan_rule *rule, json_t *schema)
{
    bool outer = k->in_array;
    k->in_array = true;
    rule->items = compile_child(k, schema, "-", rule);
    k->in_array = outer;
    return rule->items == NULL ? -1 : 0;
}

static void index_members(struct compiler *k, struct plan_rule *rule)
{
    uint32_t size = 4;
    while (size < 2 * rule->member_n) {
        size *= 2;
    }
    uint16_t *slots = arena_alloc(&k->c->arena, size * sizeof *slots);
    memset(slots, 0, size * sizeof *slots);
    rule->slot_mask = size - 1;
    for (uint32_t i = 0; i < rule->member_n; i++) {
        const struct plan_member *m = &rule->members[i];
        uint32_t slot = plan_key_hash(m->first, m->last, m->key_len) & rule->slot_mask;
        while (slots[slot] != 0) {
            slot = (slot + 1) & rule->slot_mask;
        }
        slots[slot] = (uint16_t)(i + 1);
    }
    rule->slots = slots;
}

static int compile_properties(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    size_t n = json_object_size(value);
    if (!json_is_object(value) || n > JSON_KEYS_MAX) {
        return compile_fail(k, "must be an object of at most %d properties", JSON_KEYS_MAX);
    }
    struct plan_member *members = arena_alloc(&k->c->arena, n * sizeof *members);
    const char *key;
    json_t *schema;
    uint32_t i = 0;
    json_object_foreach(value, key, schema)
    {
        size_t before = compile_enter(k, key);
        struct plan_member *m = &members[i];
        *m = (struct plan_member){.key_len = (uint32_t)strlen(key)};
        m->key = compile_copy(k, key, m->key_len);
        plan_key_words(m->key, m->key_len, &m->first, &m->last);
        m->rule = compile_child(k, schema, key, rule);
        if (m->rule == NULL) {
            return -1;
        }
        i++;
        compile_leave(k, before);
    }
    rule->members = members;
    rule->member_n = i;
    index_members(k, rule);
    return 0;
}

static int compile_required(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (!json_is_array(value)) {
        return compile_fail(k, "must be a list of strings");
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        if (name == NULL) {
            return compile_fail(k, "must be a list of strings");
        }
        struct plan_member *found = NULL;
        for (uint32_t m = 0; m < rule->member_n; m++) {
            if (strcmp(rule->members[m].key, name) == 0) {
                found = &rule->members[m];
            }
        }
        if (found == NULL) {
            return compile_fail(k, "\"%s\" is not among properties", name);
        }
        if (found->required) {
            return compile_fail(k, "\"%s\" stands there twice", name);
        }
        found->required = true;
        rule->required_n++;
    }
    return 0;
}

/* Keywords of objects and arrays, in this order whatever the file's. */
static int compile_structure(struct compiler *k, struct plan_rule *rule, json_t *schema)
{
    static const char *const names[] = {"items", "properties", "required", "additionalProperties"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        json_t *value = json_object_get(schema, names[i]);
        if (value == NULL) {
            continue;
        }
        size_t before = compile_enter(k, names[i]);
        int rc = 0;
        switch (i) {
        case 0:
            rc = compile_items(k, rule, value);
            break;
        case 1:
            rc = compile_properties(k, rule, value);
            break;
        case 2:
            rc = compile_required(k, rule, value);
            break;
        default:
            rule->additional = json_is_true(value);
            rc = json_is_boolean(value) ? 0 : compile_fail(k, "must be true or false");
            break;
        }
        if (rc != 0) {
            return -1;
        }
        compile_leave(k, before);
    }
    return 0;
}

/* Runs the handlers of schema's keywords in the order of the table. */
static int compile_keywords(struct compiler *k, json_t *schema, struct plan_rule *rule)
{
    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        const struct keyword *keyword = &keywords[i];
        json_t *value = json_object_get(schema, keyword->name);
        if (value == NULL) {
            continue;
        }
        size_t before = compile_enter(k, keyword->name);
        if (keyword->types != 0 && (rule->types & keyword->types) == 0) {
            return compile_fail(k, "has no effect on the type of this property");
        }
        if (keyword->compile != NULL && keyword->compile(k, rule, value) != 0) {
            return -1;
        }
        compile_leave(k, before);
    }
    return 0;
}

/* The definition that ref names. NULL with e; *name is its key. */
static json_t *resolve(struct compiler *k, const json_t *ref, const char **name)
{
    static const char prefix[] = "#/$defs/";
    const char *text = json_string_value(ref);
    if (text == NULL || strncmp(text, prefix, sizeof prefix - 1) != 0 ||
        strpbrk(text + sizeof prefix - 1, "/~%") != NULL) {
        (void)compile_fail(k, "must be \"#/$defs/NAME\"");
        return NULL;
    }
    *name = text + sizeof prefix - 1;
    json_t *target = json_object_get(json_object_get(k->root, "$defs"), *name);
    if (target == NULL) {
        (void)compile_fail(k, "there is no definition \"%s\"", *name);
        return NULL;
    }
    for (unsigned i = 0; i < k->ref_n; i++) {
        if (strcmp(k->refs[i], *name) == 0) {
            (void)compile_fail(k, "the definition \"%s\" contains itself", *name);
            return NULL;
        }
    }
    if (k->ref_n == ARRAY_SIZE(k->refs)) {
        (void)compile_fail(k, "definitions refer to one another deeper than %zu levels",
                           ARRAY_SIZE(k->refs));
        return NULL;
    }
    return target;
}

/* The keywords of schema's definition, then its own: what stands beside $ref adds to it. */
static int compile_body(struct compiler *k, json_t *schema, struct plan_rule *rule)
{
    if (!json_is_object(schema)) {
        return compile_fail(k, "a schema must be an object");
    }
    if (check_names(k, schema) != 0) {
        return -1;
    }
    if (json_is_true(json_object_get(schema, "x-pii"))) {
        rule->pii = true; /* before anything inside is compiled: it inherits */
    }
    const json_t *ref = json_object_get(schema, "$ref");
    if (ref != NULL) {
        size_t before = compile_enter(k, "$ref");
        const char *name;
        json_t *target = resolve(k, ref, &name);
        if (target == NULL) {
            return -1;
        }
        char where[COMPILE_PATH_MAX];
        size_t where_n = k->where_n;
        memcpy(where, k->where, where_n + 1);
        compile_leave(k, 0);
        (void)compile_enter(k, "$defs");
        (void)compile_enter(k, name);
        k->refs[k->ref_n++] = name;
        int rc = compile_body(k, target, rule);
        k->ref_n--;
        if (rc != 0) {
            return -1;
        }
        memcpy(k->where, where, where_n + 1);
        k->where_n = where_n;
        compile_leave(k, before);
    }
    if (compile_keywords(k, schema, rule) != 0) {
        return -1;
    }
    return compile_structure(k, rule, schema);
}

int compile_schema(struct compiler *k, json_t *schema, struct plan_rule *rule)
{
    if (compile_body(k, schema, rule) != 0 || compile_column_check(k, rule) != 0) {
        return -1;
    }
    return compile_ranges(k, rule);
}

/*
 * A contract's text to its plan: the keywords at the top of the file, the roles of device, time and
 * event id, then the rules (compile_schema.c) and columns (compile_columns.c). Start-up only.
 */
#include "common/contract/compile.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/mem.h"
#include "common/contract/sql_name.h"

#define SCHEMA_DIALECT "https://json-schema.org/draft/2020-12/schema"
#define TOPIC_MAX 249 /* bytes; Kafka's own limit */
#define ARENA_BLOCK 16384

int compile_fail(struct compiler *k, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(n >= 0);
    err_set(k->e, ERR_CONFIG, "%s: %s: %s", k->origin, k->where_n == 0 ? "/" : k->where, text);
    return -1;
}

/* Appends "/" and step, escaped by RFC 6901; what does not fit is cut. */
static size_t add_step(char *path, size_t n, const char *step)
{
    if (n + 1 < COMPILE_PATH_MAX) {
        path[n++] = '/';
    }
    for (; *step != '\0' && n + 2 < COMPILE_PATH_MAX; step++) {
        if (*step == '~' || *step == '/') {
            path[n++] = '~';
            path[n++] = *step == '~' ? '0' : '1';
        } else {
            path[n++] = *step;
        }
    }
    path[n] = '\0';
    return n;
}

size_t compile_enter(struct compiler *k, const char *step)
{
    size_t before = k->where_n;
    k->where_n = add_step(k->where, k->where_n, step);
    return before;
}

void compile_leave(struct compiler *k, size_t before)
{
    k->where_n = before;
    k->where[before] = '\0';
}

size_t compile_descend(struct compiler *k, const char *step)
{
    size_t before = k->at_n;
    k->at_n = add_step(k->at, k->at_n, step);
    return before;
}

void compile_ascend(struct compiler *k, size_t before)
{
    k->at_n = before;
    k->at[before] = '\0';
}

const char *compile_copy(struct compiler *k, const char *p, size_t n)
{
    char *copy = arena_alloc(&k->c->arena, n + 8);
    memcpy(copy, p, n);
    memset(copy + n, 0, 8);
    return copy;
}

/* The string at the top under name, or NULL when it is absent; -1 when it is no string. */
static int top_string(struct compiler *k, const char *name, const char **out)
{
    const json_t *value = json_object_get(k->root, name);
    *out = NULL;
    if (value == NULL) {
        return 0;
    }
    if (!json_is_string(value)) {
        (void)compile_enter(k, name);
        return compile_fail(k, "must be a string");
    }
    *out = compile_copy(k, json_string_value(value), json_string_length(value));
    return 0;
}

static int read_schema_and_version(struct compiler *k)
{
    const char *dialect, *id;
    if (top_string(k, "$schema", &dialect) != 0 || top_string(k, "$id", &id) != 0 ||
        top_string(k, "title", &k->c->title) != 0) {
        return -1;
    }
    if (dialect != NULL && strcmp(dialect, SCHEMA_DIALECT) != 0) {
        (void)compile_enter(k, "$schema");
        return compile_fail(k, "must be \"" SCHEMA_DIALECT "\"");
    }
    const json_t *version = json_object_get(k->root, "x-version");
    k->c->version = 1;
    if (version != NULL) {
        k->c->version = json_integer_value(version);
        if (!json_is_integer(version) || k->c->version < 1) {
            (void)compile_enter(k, "x-version");
            return compile_fail(k, "must be a whole number from 1");
        }
    }
    return 0;
}

static bool is_topic(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= TOPIC_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static int read_topic_and_table(struct compiler *k)
{
    struct contract *c = k->c;
    if (top_string(k, "x-topic", &c->topic) != 0 || top_string(k, "x-table", &c->table) != 0) {
        return -1;
    }
    if (c->topic != NULL && !is_topic(c->topic)) {
        (void)compile_enter(k, "x-topic");
        return compile_fail(k, "is no name of a Kafka topic");
    }
    const char *keyword = "x-table";
    if (c->table == NULL) {
        char *table = arena_alloc(&c->arena, sizeof c->name);
        memcpy(table, c->name, sizeof c->name);
        for (char *p = table; *p != '\0'; p++) {
            *p = *p == '-' ? '_' : *p;
        }
        c->table = table;
    }
    const char *refusal = sql_table_refusal(c->table);
    if (refusal != NULL) {
        (void)compile_enter(k, keyword);
        return compile_fail(k, "the table name \"%s\" %s", c->table, refusal);
    }
    return 0;
}

/* A definition that nothing refers to is checked all the same. */
static int check_definitions(struct compiler *k)
{
    json_t *defs = json_object_get(k->root, "$defs");
    if (defs == NULL) {
        return 0;
    }
    size_t top = compile_enter(k, "$defs");
    if (!json_is_object(defs)) {
        return compile_fail(k, "must be an object");
    }
    k->standalone = true;
    const char *name;
    json_t *schema;
    json_object_foreach(defs, name, schema)
    {
        size_t before = compile_enter(k, name);
        struct plan_rule *rule = compile_rule_new(k);
        if (rule == NULL) {
            return -1;
        }
        k->refs[k->ref_n++] = name;
        if (compile_schema(k, schema, rule) != 0) {
            return -1;
        }
        k->ref_n--;
        compile_leave(k, before);
    }
    k->standalone = false;
    compile_leave(k, top);
    return 0;
}

/* One step of pointer, unescaped, into out. NULL when it is malformed, else the rest of pointer. */
static const char *next_step(const char *pointer, char *out, size_t size)
{
    size_t n = 0;
    if (*pointer++ != '/') {
        return NULL;
    }
    for (; *pointer != '\0' && *pointer != '/'; pointer++) {
        char c = *pointer;
        if (c == '~') {
            c = *++pointer == '0' ? '~' : '/';
            if (*pointer != '0' && *pointer != '1') {
                return NULL;
            }
        }
        if (n + 1 == size) {
            return NULL;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return pointer;
}

/* The rule that a pointer from the top of an event leads to through objects; *always is whether
 * every step is required and no object on the way may be null. NULL when there is none. */
static struct plan_rule *find_rule(struct plan_rule *rule, const char *pointer, bool *always)
{
    char step[COMPILE_PATH_MAX];
    *always = true;
    if (*pointer == '\0') {
        return NULL;
    }
    while (*pointer != '\0') {
        pointer = next_step(pointer, step, sizeof step);
        if (pointer == NULL) {
            return NULL;
        }
        struct plan_member *found = NULL;
        for (uint32_t i = 0; i < rule->member_n; i++) {
            if (strcmp(rule->members[i].key, step) == 0) {
                found = &rule->members[i];
            }
        }
        if (found == NULL) {
            return NULL;
        }
        *always =
            *always && found->required && (found->rule->types & PLAN_TYPE(JSON_NODE_NULL)) == 0;
        rule = found->rule;
    }
    return rule;
}

/* The property that a role keyword points at. *pointer is NULL when the keyword is absent. */
static struct plan_rule *role_rule(struct compiler *k, const char *keyword, enum plan_role role,
                                   const char **pointer)
{
    if (top_string(k, keyword, pointer) != 0 || *pointer == NULL) {
        return NULL;
    }
    (void)compile_enter(k, keyword);
    bool always;
    struct plan_rule *rule = find_rule(k->top, *pointer, &always);
    if (rule == NULL) {
        (void)compile_fail(k, "\"%s\" does not lead to a property", *pointer);
        return NULL;
    }
    if (rule->role != PLAN_ROLE_NONE) {
        (void)compile_fail(k, "\"%s\" has another role already", *pointer);
        return NULL;
    }
    bool optional = role == PLAN_ROLE_EVENT_ID;
    if (!always && !optional) {
        (void)compile_fail(k, "\"%s\" must be required at every step and not null", *pointer);
        return NULL;
    }
    for (size_t i = 0; i < k->column_n && !optional; i++) {
        if (k->columns[i].rule == rule) {
            (void)compile_fail(k, "\"%s\" fills a column of its own: no x-column there", *pointer);
            return NULL;
        }
    }
    rule->role = (uint8_t)role;
    return rule;
}

static int read_roles(struct compiler *k)
{
    struct contract *c = k->c;
    const uint8_t string = PLAN_TYPE(JSON_NODE_STRING);
    struct plan_rule *device = role_rule(k, "x-device", PLAN_ROLE_DEVICE, &c->device_pointer);
    if (device == NULL) {
        return c->device_pointer != NULL || k->e->code != ERR_NONE
                   ? -1
                   : compile_fail(k, "x-device is missing");
    }
    if (device->types != string) {
        return compile_fail(k, "\"%s\" must be a string", c->device_pointer);
    }
    compile_leave(k, 0);
    struct plan_rule *time = role_rule(k, "x-time", PLAN_ROLE_TIME, &c->time_pointer);
    if (time == NULL) {
        return c->time_pointer != NULL || k->e->code != ERR_NONE
                   ? -1
                   : compile_fail(k, "x-time is missing");
    }
    if (time->types == PLAN_TYPES_NUMBER && time->integer) {
        compile_column_range(time, COLUMN_TIMESTAMPTZ);
        if (compile_ranges(k, time) != 0) {
            return -1;
        }
    } else if (time->types != string || time->format != FORMAT_DATE_TIME) {
        return compile_fail(k,
                            "\"%s\" must be a string with format date-time, or an integer "
                            "(Unix milliseconds)",
                            c->time_pointer);
    }
    compile_leave(k, 0);
    struct plan_rule *id = role_rule(k, "x-event-id", PLAN_ROLE_EVENT_ID, &c->id_pointer);
    if (id == NULL) {
        return c->id_pointer != NULL || k->e->code != ERR_NONE ? -1 : 0;
    }
    if ((id->types & ~(unsigned)PLAN_TYPE(JSON_NODE_NULL)) != string) {
        return compile_fail(k, "\"%s\" must be a string", c->id_pointer);
    }
    compile_leave(k, 0);
    return 0;
}

static int compile_root(struct compiler *k)
{
    if (!json_is_object(k->root)) {
        return compile_fail(k, "a contract must be an object");
    }
    if (read_schema_and_version(k) != 0 || read_topic_and_table(k) != 0 ||
        check_definitions(k) != 0) {
        return -1;
    }
    unsigned definitions = k->rules;
    k->top = compile_rule_new(k);
    if (k->top == NULL || compile_schema(k, k->root, k->top) != 0) {
        return -1;
    }
    if (k->top->types != PLAN_TYPE(JSON_NODE_OBJECT)) {
        (void)compile_enter(k, "type");
        return compile_fail(k, "the top of a contract must have type object");
    }
    k->c->top = k->top;
    k->c->rule_n = k->rules - definitions;
    if (read_roles(k) != 0) {
        return -1;
    }
    return compile_columns_finish(k);
}

static bool is_contract_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= CONTRACT_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

struct contract *contract_compile(const char *origin, const char *name, struct str json,
                                  struct err *e)
{
    struct err own = {0};
    e = e == NULL ? &own : e;
    err_clear(e);
    if (!is_contract_name(name)) {
        err_set(e, ERR_CONFIG, "%s: a contract's name must be [a-z][a-z0-9-]*, at most %d bytes",
                origin, CONTRACT_NAME_MAX);
        return NULL;
    }
    if (json.n > COMPILE_TEXT_MAX) {
        err_set(e, ERR_CONFIG, "%s: larger than %u bytes", origin, COMPILE_TEXT_MAX);
        return NULL;
    }
    json_error_t at;
    json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL) {
        err_set(e, ERR_CONFIG, "%s: line %d column %d: %s", origin, at.line, at.column, at.text);
        return NULL;
    }
    struct contract *c = mem_calloc(1, sizeof *c);
    arena_init(&c->arena, ARENA_BLOCK, COMPILE_ARENA_LIMIT);
    memcpy(c->name, name, strlen(name) + 1);
    struct compiler *k = mem_calloc(1, sizeof *k);
    *k = (struct compiler){.origin = origin, .e = e, .c = c, .root = root};
    k->columns = mem_calloc(CONTRACT_COLUMNS_MAX, sizeof *k->columns);
    c->source.n = json.n;
    c->source.p = compile_copy(k, json.p, json.n);
    int rc = compile_root(k);
    mem_free(k->columns);
    mem_free(k);
    json_decref(root);
    if (rc != 0) {
        contract_free(c);
        return NULL;
    }
    return c;
}

/*
 * x-column, x-rollup, x-anomaly, x-pii, and the order of a contract's columns. Start-up only.
 */
#include "common/contract/compile.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>

#include "common/contract/sql_name.h"

static const char *const column_names[] = {
    [COLUMN_REAL] = "real", [COLUMN_FLOAT8] = "float8",
    [COLUMN_INT2] = "int2", [COLUMN_INT4] = "int4",
    [COLUMN_INT8] = "int8", [COLUMN_BOOL] = "bool",
    [COLUMN_TEXT] = "text", [COLUMN_TIMESTAMPTZ] = "timestamptz",
    [COLUMN_UUID] = "uuid",
};

/* Widest first and text last, so that rows have no padding (design section 6); uuid is 16 bytes
 * that need no alignment. */
static const unsigned char column_order[] = {
    [COLUMN_FLOAT8] = 0, [COLUMN_INT8] = 0, [COLUMN_TIMESTAMPTZ] = 0,
    [COLUMN_REAL] = 1,   [COLUMN_INT4] = 1, [COLUMN_INT2] = 2,
    [COLUMN_BOOL] = 3,   [COLUMN_UUID] = 4, [COLUMN_TEXT] = 5,
};

const char *column_type_sql(enum column_type type)
{
    switch (type) {
    case COLUMN_FLOAT8:
        return "double precision";
    case COLUMN_INT2:
        return "smallint";
    case COLUMN_INT4:
        return "integer";
    case COLUMN_INT8:
        return "bigint";
    case COLUMN_BOOL:
        return "boolean";
    case COLUMN_REAL:
    case COLUMN_TEXT:
    case COLUMN_TIMESTAMPTZ:
    case COLUMN_UUID:
        return column_names[type];
    }
    assert(!"unknown column type");
    return NULL;
}

/* The column that rule got by x-column, or NULL. */
static struct contract_column *column_of(struct compiler *k, const struct plan_rule *rule)
{
    if (k->column_n > 0 && k->columns[k->column_n - 1].rule == rule) {
        return &k->columns[k->column_n - 1].column;
    }
    return NULL;
}

int compile_column(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    const char *type = json_string_value(value);
    if ((rule->types & (PLAN_TYPE(JSON_NODE_ARRAY) | PLAN_TYPE(JSON_NODE_OBJECT))) != 0) {
        return compile_fail(k, "needs a property with a scalar type");
    }
    for (size_t i = 0; type != NULL && i < ARRAY_SIZE(column_names); i++) {
        if (strcmp(type, column_names[i]) != 0) {
            continue;
        }
        if (column_of(k, rule) != NULL) {
            return compile_fail(k, "this property has a column already");
        }
        if (k->column_n == CONTRACT_COLUMNS_MAX) {
            return compile_fail(k, "more than %d columns", CONTRACT_COLUMNS_MAX);
        }
        const double nan = NAN;
        k->columns[k->column_n++] = (struct compile_column){
            .rule = rule,
            .column = {.type = (enum column_type)i,
                       .anomaly = {.low = nan, .high = nan, .max_step = nan, .zscore = nan}}};
        return 0;
    }
    return compile_fail(k,
                        "must be real, float8, int2, int4, int8, bool, text, timestamptz or uuid");
}

static bool is_numeric(enum column_type type)
{
    return type == COLUMN_REAL || type == COLUMN_FLOAT8 || type == COLUMN_INT2 ||
           type == COLUMN_INT4 || type == COLUMN_INT8;
}

static struct contract_column *numeric_column(struct compiler *k, const struct plan_rule *rule)
{
    struct contract_column *column = column_of(k, rule);
    if (column == NULL || !is_numeric(column->type)) {
        (void)compile_fail(k, "needs a numeric x-column beside it");
        return NULL;
    }
    return column;
}

int compile_rollup(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (!json_is_boolean(value)) {
        return compile_fail(k, "must be true or false");
    }
    if (json_is_true(value)) {
        struct contract_column *column = numeric_column(k, rule);
        if (column == NULL) {
            return -1;
        }
        column->rollup = true;
    }
    return 0;
}

int compile_anomaly(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    struct contract_column *column = numeric_column(k, rule);
    if (column == NULL) {
        return -1;
    }
    if (json_object_size(value) == 0) {
        return compile_fail(k, "must be an object with low, high, max_step or zscore");
    }
    const char *key;
    json_t *item;
    json_object_foreach(value, key, item)
    {
        bool low = strcmp(key, "low") == 0;
        bool high = strcmp(key, "high") == 0;
        bool step = strcmp(key, "max_step") == 0;
        if (!low && !high && !step && strcmp(key, "zscore") != 0) {
            return compile_fail(k, "unknown rule \"%s\": low, high, max_step or zscore", key);
        }
        double number = json_number_value(item);
        if (!json_is_number(item) || (!low && !high && !(number > 0))) {
            return compile_fail(k, "%s must be a number%s", key, low || high ? "" : " above 0");
        }
        *(low    ? &column->anomaly.low
          : high ? &column->anomaly.high
          : step ? &column->anomaly.max_step
                 : &column->anomaly.zscore) = number;
    }
    if (column->anomaly.low >= column->anomaly.high) {
        return compile_fail(k, "low must be below high");
    }
    return 0;
}

int compile_pii(struct compiler *k, struct plan_rule *rule, json_t *value)
{
    if (!json_is_boolean(value)) {
        return compile_fail(k, "must be true or false");
    }
    rule->pii = rule->pii || json_is_true(value);
    return 0;
}

/* NULL when values of rule fit a column of this type, else what the property must be. */
static const char *type_refusal(const struct plan_rule *rule, enum column_type type)
{
    unsigned types = rule->types & ~(unsigned)PLAN_TYPE(JSON_NODE_NULL);
    bool integer = types == PLAN_TYPES_NUMBER && rule->integer;
    bool string = types == PLAN_TYPE(JSON_NODE_STRING);
    switch (type) {
    case COLUMN_REAL:
    case COLUMN_FLOAT8:
        return types == PLAN_TYPES_NUMBER ? NULL : "number or integer";
    case COLUMN_INT2:
    case COLUMN_INT4:
    case COLUMN_INT8:
        return integer ? NULL : "integer";
    case COLUMN_BOOL:
        return types == PLAN_TYPE(JSON_NODE_BOOL) ? NULL : "boolean";
    case COLUMN_TEXT:
        return string ? NULL : "string";
    case COLUMN_TIMESTAMPTZ:
        return integer || (string && rule->format == FORMAT_DATE_TIME)
                   ? NULL
                   : "string with format date-time, or integer (Unix milliseconds)";
    case COLUMN_UUID:
        return string && rule->format == FORMAT_UUID ? NULL : "string with format uuid";
    }
    assert(!"unknown column type");
    return NULL;
}

int compile_column_check(struct compiler *k, struct plan_rule *rule)
{
    struct contract_column *column = column_of(k, rule);
    if (column == NULL) {
        return 0;
    }
    const char *must_be = type_refusal(rule, column->type);
    if (must_be != NULL) {
        return compile_fail(k, "a column of type %s needs a property of type %s",
                            column_names[column->type], must_be);
    }
    if (k->standalone) {
        k->column_n--; /* its name and place are checked where the definition is used */
        return 0;
    }
    if (k->in_array) {
        return compile_fail(k, "x-column inside an array");
    }
    const char *slash = strrchr(rule->pointer, '/');
    if (slash == NULL) {
        return compile_fail(k, "x-column on the event itself");
    }
    const char *name = slash + 1;
    const char *refusal = sql_column_refusal(name);
    if (refusal != NULL) {
        return compile_fail(k, "the column name \"%s\" %s", name, refusal);
    }
    for (size_t i = 0; i + 1 < k->column_n; i++) {
        if (strcmp(k->columns[i].column.name, name) == 0) {
            return compile_fail(k, "the column \"%s\" exists already, for %s", name,
                                k->columns[i].column.pointer);
        }
    }
    column->name = name;
    column->pointer = rule->pointer;
    column->pii = rule->pii;
    compile_column_range(rule, column->type);
    return 0;
}

/* Sets mapped from the leaves upwards. */
static bool mark_mapped(struct plan_rule *rule)
{
    rule->mapped = rule->column != PLAN_NO_COLUMN || rule->role != PLAN_ROLE_NONE;
    for (uint32_t i = 0; i < rule->member_n; i++) {
        if (mark_mapped(rule->members[i].rule)) {
            rule->mapped = true;
        }
    }
    return rule->mapped;
}

int compile_columns_finish(struct compiler *k)
{
    struct contract *c = k->c;
    c->column_n = k->column_n;
    c->columns = arena_alloc(&c->arena, k->column_n * sizeof *c->columns);
    c->column_rules = arena_alloc(&c->arena, k->column_n * sizeof *c->column_rules);
    size_t n = 0;
    for (unsigned order = 0; order <= column_order[COLUMN_TEXT]; order++) {
        for (size_t i = 0; i < k->column_n; i++) {
            struct compile_column *from = &k->columns[i];
            if (column_order[from->column.type] != order) {
                continue;
            }
            from->rule->column = (int16_t)n;
            from->rule->measurement = (from->rule->types & PLAN_TYPE(JSON_NODE_REAL)) != 0 &&
                                      !from->rule->integer && from->rule->checks == 0 &&
                                      from->rule->role == PLAN_ROLE_NONE;
            c->column_rules[n] = from->rule;
            c->columns[n++] = from->column;
        }
    }
    assert(n == k->column_n);
    (void)mark_mapped(k->top);
    return 0;
}

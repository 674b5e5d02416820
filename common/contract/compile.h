/*
 * State of one compilation, shared by compile*.c. For common/contract only.
 */
#ifndef TIDEGATE_CONTRACT_COMPILE_H
#define TIDEGATE_CONTRACT_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/contract/plan.h"

struct json_t; /* jansson's value */

#define COMPILE_PATH_MAX 1024  /* bytes of a pointer */
#define COMPILE_RULES_MAX 4096 /* after expansion of $ref */
#define COMPILE_ENUM_MAX 1000
#define COMPILE_TEXT_MAX (1U << 20) /* bytes of a contract; the bundled have a few thousand */
#define COMPILE_ARENA_LIMIT (16U << 20)

/* A property with x-column, in document order. */
struct compile_column {
    struct plan_rule *rule;
    struct contract_column column;
};

struct compiler {
    const char *origin; /* named in errors */
    struct err *e;
    struct contract *c;
    struct json_t *root;
    char where[COMPILE_PATH_MAX]; /* pointer in the contract's file */
    size_t where_n;
    char at[COMPILE_PATH_MAX]; /* pointer in events */
    size_t at_n;
    unsigned depth;  /* containers of the event around this place */
    bool in_array;   /* below items: no columns */
    bool standalone; /* a definition checked for itself: its columns do not count */
    unsigned rules;
    const char *refs[JSON_DEPTH_MAX]; /* definitions being expanded */
    unsigned ref_n;
    struct compile_column *columns;
    size_t column_n;
    struct plan_rule *top;
};

/* Sets e to "origin: where: text" (ERR_CONFIG); always -1. */
int compile_fail(struct compiler *k, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds a step to where; the result goes to compile_leave. */
size_t compile_enter(struct compiler *k, const char *step);
void compile_leave(struct compiler *k, size_t before);
/* The same for the pointer in events. */
size_t compile_descend(struct compiler *k, const char *step);
void compile_ascend(struct compiler *k, size_t before);

/* Copies into the contract's arena, terminated, with eight readable bytes from every position. */
const char *compile_copy(struct compiler *k, const char *p, size_t n);

/* A rule with nothing forbidden, or NULL with e when there are too many. */
struct plan_rule *compile_rule_new(struct compiler *k);

/* schema, and all below it, into rule. 0, or -1 with e. */
int compile_schema(struct compiler *k, struct json_t *schema, struct plan_rule *rule) MUST_CHECK;

/* Handlers of keywords: value into rule. 0, or -1 with e. k->where is at the keyword. */
typedef int compile_keyword_fn(struct compiler *k, struct plan_rule *rule, struct json_t *value);
compile_keyword_fn compile_type, compile_enum, compile_const;
compile_keyword_fn compile_minimum, compile_maximum, compile_above, compile_below, compile_multiple;
compile_keyword_fn compile_min_length, compile_max_length, compile_pattern, compile_format;
compile_keyword_fn compile_min_items, compile_max_items;
compile_keyword_fn compile_column, compile_rollup, compile_anomaly, compile_pii;

/* After all keywords of a rule: ranges narrowed, contradictions refused. 0, or -1 with e. */
int compile_ranges(struct compiler *k, struct plan_rule *rule) MUST_CHECK;

/* The column of rule after all keywords of its schema, if it has one: types fit, name is free.
 * 0, or -1 with e. */
int compile_column_check(struct compiler *k, struct plan_rule *rule) MUST_CHECK;
/* Narrows the range of rule to what a column of this type can hold. */
void compile_column_range(struct plan_rule *rule, enum column_type type);

/* Orders the columns and gives them their indexes. 0, or -1 with e. */
int compile_columns_finish(struct compiler *k) MUST_CHECK;

#endif

/*
 * Inside of a compiled contract: rules, members and literals. For common/contract only.
 *
 * A rule is the compiled form of one schema at one place of the event. $ref is expanded, so a rule
 * stands at exactly one pointer (array items share theirs). All of it lives in the contract's arena
 * and is never changed after compiling.
 */
#ifndef TIDEGATE_CONTRACT_PLAN_H
#define TIDEGATE_CONTRACT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/str.h"
#include "common/contract/contract.h"
#include "common/contract/format.h"
#include "common/contract/json.h"
#include "common/contract/pattern.h"

#define PLAN_NO_COLUMN (-1)
#define PLAN_TYPE(t) ((uint8_t)(1U << (t)))
#define PLAN_TYPES_NUMBER (PLAN_TYPE(JSON_NODE_INT) | PLAN_TYPE(JSON_NODE_REAL))
#define PLAN_TYPES_ALL 0x7fU

enum plan_role { PLAN_ROLE_NONE, PLAN_ROLE_DEVICE, PLAN_ROLE_TIME, PLAN_ROLE_EVENT_ID };

/* What a rule checks beyond its type and its number range. */
enum plan_check {
    PLAN_CHECK_MULTIPLE = 1,
    PLAN_CHECK_LENGTH = 2,
    PLAN_CHECK_PATTERN = 4,
    PLAN_CHECK_FORMAT = 8,
    PLAN_CHECK_LITERALS = 16 /* enum, const */
};

/* A number as the contract's author wrote it. */
struct plan_number {
    bool set;
    bool is_int;
    int64_t i; /* when is_int */
    double d;  /* always; rounded for large integers */
};

struct plan_literal {
    enum json_type type; /* scalars only */
    struct str s;
    int64_t i; /* JSON_NODE_INT, JSON_NODE_BOOL */
    double d;  /* JSON_NODE_REAL */
};

struct plan_rule;

/* A property, with its key's first and last eight bytes for comparing without a call. */
struct plan_member {
    uint64_t first, last;
    uint32_t key_len;
    bool required;
    const char *key;        /* terminated */
    struct plan_rule *rule; /* changed by the compiler only */
};

struct plan_rule {
    uint8_t types;  /* PLAN_TYPE bits */
    uint8_t checks; /* enum plan_check */
    uint8_t format; /* enum format */
    uint8_t role;   /* enum plan_role */
    bool integer;   /* a real number must be a whole one */
    bool pii;
    bool additional;  /* members that are not listed are allowed */
    bool mapped;      /* has a column or role, or something inside has one */
    bool measurement; /* takes real numbers, has a column, checks nothing but the range */
    int16_t column;   /* index into the contract's columns or PLAN_NO_COLUMN */
    /* Closed intervals of all range keywords and of the column's type, both exact: one for integers
     * and whole numbers of the int64 range where the rule wants integers, one for the rest. */
    int64_t int_min, int_max;
    double real_min, real_max;

    /* Objects. */
    struct plan_member *members; /* changed by the compiler only */
    uint32_t member_n;
    uint32_t required_n;
    const uint16_t *slots; /* open addressing: index + 1, 0 empty */
    uint32_t slot_mask;

    /* Arrays. */
    const struct plan_rule *items; /* or NULL */
    uint64_t items_min, items_max;

    /* Strings: code points. */
    uint64_t length_min, length_max;
    const struct pattern *pattern;

    const struct plan_literal *values; /* enum */
    size_t value_n;
    const struct plan_literal *constant; /* const, or NULL */

    /* As written, for messages and contract_diff. */
    struct plan_number minimum, maximum, above, below, multiple_of;
    const char *pattern_text;
    const char *pointer; /* in the event; RFC 6901, "-" for items */
};

struct contract {
    struct arena arena;
    char name[CONTRACT_NAME_MAX + 1];
    int64_t version;
    const char *topic; /* or NULL */
    const char *table;
    const char *title; /* or NULL */
    struct str source;
    const char *device_pointer, *time_pointer, *id_pointer; /* id_pointer may be NULL */
    const struct plan_rule *top;
    size_t rule_n; /* below and with top */
    struct contract_column *columns;
    const struct plan_rule **column_rules; /* rule of each column */
    size_t column_n;
    struct pattern *patterns; /* all, linked, owned */
};

static inline uint64_t plan_load8(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The words of struct plan_member. Eight bytes must be readable at p even when n is less. */
static inline void plan_key_words(const char *p, size_t n, uint64_t *first, uint64_t *last)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the mask keeps the low bytes");
    if (n >= 8) {
        *first = plan_load8(p);
        *last = plan_load8(p + n - 8);
    } else {
        *first = n == 0 ? 0 : plan_load8(p) & (UINT64_MAX >> (64 - 8 * n));
        *last = *first;
    }
}

static inline uint32_t plan_key_hash(uint64_t first, uint64_t last, size_t n)
{
    uint64_t h = (first ^ (last * UINT64_C(0x9e3779b97f4a7c15)) ^ n) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(h >> 32);
}

/* The member of r with node's key, or NULL. *next is the index that is tried first (members mostly
 * come in the order of the contract); it moves behind the member that was found. */
static inline const struct plan_member *plan_find(const struct plan_rule *r,
                                                  const struct json_node *node, uint32_t *next)
{
    uint64_t first, last;
    uint32_t n = node->key_len;
    plan_key_words(node->key, n, &first, &last);
    uint32_t i = *next;
    uint32_t slot = 0;
    bool guessed = i < r->member_n;
    if (!guessed) {
        if (r->member_n == 0) {
            return NULL;
        }
        slot = plan_key_hash(first, last, n) & r->slot_mask;
        i = (uint32_t)r->slots[slot] - 1U;
    }
    for (;;) {
        if (i == UINT32_MAX) { /* an empty slot */
            return NULL;
        }
        const struct plan_member *m = &r->members[i];
        if (m->key_len == n && m->first == first && m->last == last &&
            (n <= 16 || memcmp(m->key, node->key, n) == 0)) {
            *next = i + 1;
            return m;
        }
        slot = guessed ? plan_key_hash(first, last, n) & r->slot_mask : (slot + 1) & r->slot_mask;
        guessed = false;
        i = (uint32_t)r->slots[slot] - 1U;
    }
}

/* Whether a whole double lies in the int64 range; *i is it. */
static inline bool plan_whole(double d, int64_t *i)
{
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0) {
        *i = (int64_t)d;
        return (double)*i == d;
    }
    return false;
}

#endif

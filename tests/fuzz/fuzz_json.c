#include "tests/fuzz/fuzz.h"

/*
 * The hot-path parser against jansson. Both accept the same objects, but for our limits of depth
 * and keys; the values are the same; written and read again they are still the same.
 */

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "common/contract/json.h"

#define MAX_BYTES (1U << 16)
#define WRITTEN_MAX (UINT64_C(8) << 16)

/* Whether value keeps to JSON_DEPTH_MAX and JSON_KEYS_MAX. */
static bool within_limits(const json_t *value, unsigned depth)
{
    const char *key;
    json_t *item;
    size_t i;
    if (json_is_object(value) || json_is_array(value)) {
        depth++;
    }
    if (depth > JSON_DEPTH_MAX || json_object_size(value) > JSON_KEYS_MAX) {
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if (!within_limits(item, depth)) {
            return false;
        }
    }
    json_array_foreach(value, i, item)
    {
        if (!within_limits(item, depth)) {
            return false;
        }
    }
    return true;
}

static void check_number(const struct json_node *node, const json_t *value)
{
    if (node->type == JSON_NODE_INT) {
        FUZZ_CHECK(json_is_integer(value) && json_integer_value(value) == node->u.i);
    } else {
        FUZZ_CHECK(json_is_real(value) && isfinite(node->u.d));
        FUZZ_CHECK(json_real_value(value) == node->u.d);
    }
}

static void check_value(const struct json_node *nodes, uint32_t at, const json_t *value);

static void check_children(const struct json_node *nodes, uint32_t at, const json_t *value)
{
    uint32_t count = 0;
    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end) {
        FUZZ_CHECK(nodes[i].end > i && nodes[i].end <= nodes[at].end);
        if (nodes[at].type == JSON_NODE_OBJECT) {
            const json_t *item = json_object_getn(value, nodes[i].key, nodes[i].key_len);
            FUZZ_CHECK(item != NULL);
            check_value(nodes, i, item);
        } else {
            FUZZ_CHECK(nodes[i].key == NULL);
            check_value(nodes, i, json_array_get(value, count));
        }
        count++;
    }
    FUZZ_CHECK(count == nodes[at].n);
}

static void check_value(const struct json_node *nodes, uint32_t at, const json_t *value)
{
    const struct json_node *node = &nodes[at];
    switch ((enum json_type)node->type) {
    case JSON_NODE_NULL:
        FUZZ_CHECK(json_is_null(value));
        break;
    case JSON_NODE_BOOL:
        FUZZ_CHECK(node->u.i != 0 ? json_is_true(value) : json_is_false(value));
        break;
    case JSON_NODE_INT:
    case JSON_NODE_REAL:
        check_number(node, value);
        break;
    case JSON_NODE_STRING:
        FUZZ_CHECK(json_is_string(value) && json_string_length(value) == node->n);
        FUZZ_CHECK(memcmp(json_string_value(value), node->u.s, node->n) == 0);
        break;
    case JSON_NODE_ARRAY:
        FUZZ_CHECK(json_is_array(value) && json_array_size(value) == node->n);
        check_children(nodes, at, value);
        break;
    case JSON_NODE_OBJECT:
        FUZZ_CHECK(json_is_object(value) && json_object_size(value) == node->n);
        check_children(nodes, at, value);
        break;
    }
}

/* A whole real is written without a point and comes back as an integer: compared as numbers. */
static bool same(const struct json_node *a, const struct json_node *b)
{
    bool numbers = (a->type == JSON_NODE_INT || a->type == JSON_NODE_REAL) &&
                   (b->type == JSON_NODE_INT || b->type == JSON_NODE_REAL);
    if (numbers) {
        double x = a->type == JSON_NODE_INT ? (double)a->u.i : a->u.d;
        double y = b->type == JSON_NODE_INT ? (double)b->u.i : b->u.d;
        return x == y;
    }
    return a->type == b->type && a->n == b->n && a->end == b->end;
}

static void check_written(struct json_parser *again, const struct json_doc *doc)
{
    struct buf out;
    buf_init(&out, WRITTEN_MAX);
    FUZZ_CHECK(json_write(doc, 0, &out) == 0);
    FUZZ_CHECK(buf_reserve(&out, JSON_PADDING) != NULL);
    struct json_doc copy;
    struct err e;
    FUZZ_CHECK(json_parse(again, out.p, out.n, &copy, &e) == 0);
    FUZZ_CHECK(copy.n == doc->n);
    for (size_t i = 0; i < doc->n; i++) {
        FUZZ_CHECK(same(&doc->nodes[i], &copy.nodes[i]));
    }
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > MAX_BYTES) {
        return 0;
    }
    char *text = malloc(n + JSON_PADDING);
    FUZZ_CHECK(text != NULL);
    memcpy(text, data, n);
    memset(text + n, '"', JSON_PADDING);
    struct json_parser *p = json_parser_new(WRITTEN_MAX);
    struct json_parser *again = json_parser_new(WRITTEN_MAX);
    struct json_doc doc;
    struct err e;
    bool accepted = json_parse(p, text, n, &doc, &e) == 0;
    json_t *value = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
    if (accepted) {
        FUZZ_CHECK(memchr(data, 0, n) == NULL);
        FUZZ_CHECK(json_is_object(value) && within_limits(value, 0));
        FUZZ_CHECK(doc.n == doc.nodes[0].end);
        check_value(doc.nodes, 0, value);
        check_written(again, &doc);
    } else {
        FUZZ_CHECK(e.code == ERR_INVALID && e.text[0] != '\0');
        /* jansson 2.14 takes a byte 0 behind a number. */
        FUZZ_CHECK(!json_is_object(value) || !within_limits(value, 0) ||
                   memchr(data, 0, n) != NULL);
    }
    json_decref(value);
    json_parser_free(again);
    json_parser_free(p);
    free(text);
    return 0;
}

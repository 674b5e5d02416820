/*
 * Nodes back to compact JSON. Any thread.
 */
#include "common/contract/json.h"

#include <assert.h>

#include "common/contract/json_number.h"

static int write_number(const struct json_node *node, struct buf *out)
{
    char text[JSON_NUMBER_MAX];
    size_t n = node->type == JSON_NODE_INT ? json_number_int(node->u.i, text)
                                           : json_number_real(node->u.d, text);
    return buf_add(out, text, n);
}

static int write_scalar(const struct json_node *node, struct buf *out)
{
    switch ((enum json_type)node->type) {
    case JSON_NODE_NULL:
        return buf_add(out, "null", 4);
    case JSON_NODE_BOOL:
        return node->u.i != 0 ? buf_add(out, "true", 4) : buf_add(out, "false", 5);
    case JSON_NODE_INT:
    case JSON_NODE_REAL:
        return write_number(node, out);
    case JSON_NODE_STRING:
        return buf_add_json(out, (struct str){node->u.s, node->n});
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        break;
    }
    assert(!"a container is no scalar");
    return -1;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static int write_value(const struct json_node *nodes, size_t at, struct buf *out)
{
    const struct json_node *node = &nodes[at];
    if (node->type < JSON_NODE_ARRAY) {
        return write_scalar(node, out);
    }
    bool object = node->type == JSON_NODE_OBJECT;
    if (buf_add(out, object ? "{" : "[", 1) != 0) {
        return -1;
    }
    for (size_t i = at + 1; i < node->end; i = nodes[i].end) {
        if (i > at + 1 && buf_add(out, ",", 1) != 0) {
            return -1;
        }
        if (object && (buf_add_json(out, (struct str){nodes[i].key, nodes[i].key_len}) != 0 ||
                       buf_add(out, ":", 1) != 0)) {
            return -1;
        }
        if (write_value(nodes, i, out) != 0) {
            return -1;
        }
    }
    return buf_add(out, object ? "}" : "]", 1);
}

int json_write(const struct json_doc *doc, size_t at, struct buf *out)
{
    assert(at < doc->n);
    size_t before = out->n;
    if (write_value(doc->nodes, at, out) != 0) {
        out->n = before;
        return -1;
    }
    return 0;
}

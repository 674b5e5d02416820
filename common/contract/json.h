/*
 * Hot-path JSON: simdjson behind C. A parse gives a flat table of nodes in document order, so that
 * walking it costs no call across the language border.
 *
 * Beyond RFC 8259 these rules hold (design section 2): object at the top; depth at most
 * JSON_DEPTH_MAX; at most JSON_KEYS_MAX keys an object; duplicate keys refused (compared after
 * unescaping); byte 0x00 and \u0000 refused; lone surrogates and invalid UTF-8 refused; integers
 * outside int64 and numbers outside double refused.
 *
 * One parser a thread; it is never shared.
 */
#ifndef TIDEGATE_CONTRACT_JSON_H
#define TIDEGATE_CONTRACT_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_PADDING 64 /* readable bytes after the text (SIMDJSON_PADDING of simdjson 3.0.1) */
#define JSON_DEPTH_MAX 32
#define JSON_KEYS_MAX 256

/* Not JSON_NULL and so on: jansson has those. */
enum json_type {
    JSON_NODE_NULL,
    JSON_NODE_BOOL,
    JSON_NODE_INT,
    JSON_NODE_REAL,
    JSON_NODE_STRING,
    JSON_NODE_ARRAY,
    JSON_NODE_OBJECT
};

struct json_node {
    uint8_t type;     /* enum json_type */
    uint32_t key_len; /* bytes; members of objects only */
    const char *key;  /* unescaped UTF-8, not terminated; NULL outside objects. Eight bytes are
                         readable from here even when the key is shorter. */
    uint32_t end;     /* index of the node after this value and all that is inside it */
    uint32_t n;       /* strings: bytes; arrays and objects: number of direct children */
    union {
        int64_t i;     /* JSON_NODE_INT; JSON_NODE_BOOL: 0 or 1 */
        double d;      /* JSON_NODE_REAL */
        const char *s; /* JSON_NODE_STRING: unescaped UTF-8, not terminated */
    } u;
};

struct json_doc {
    const struct json_node *nodes; /* nodes[0] is the top object; children follow their parent */
    size_t n;
};

struct json_parser;

/* max_bytes is the longest text that will be given. Grows on demand up to what that needs. */
struct json_parser *json_parser_new(size_t max_bytes) MUST_CHECK;
void json_parser_free(struct json_parser *p); /* NULL is allowed */

/* Parses n bytes at text; JSON_PADDING bytes behind them must be readable (any content). The text
 * is not changed and may be freed afterwards; *doc is valid until the next call with p. 0, or -1
 * with e (ERR_INVALID: broken rule, the text says which; ERR_LIMIT: n > max_bytes). Never blocks.
 */
int json_parse(struct json_parser *p, const char *text, size_t n, struct json_doc *doc,
               struct err *e) MUST_CHECK;

/* Appends the value at nodes[at] as compact JSON; numbers in the shortest form that reads back the
 * same. 0, or -1 when out's limit ends. */
int json_write(const struct json_doc *doc, size_t at, struct buf *out) MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif

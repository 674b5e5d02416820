/*
 * The only C++ of the project: simdjson's DOM parser behind json.h. No exception leaves or exists
 * here (-fno-exceptions; simdjson reports codes). Written for simdjson 3.0.1 (Debian 12); builds
 * with 3.12 (Debian 13). The result is read from the tape, whose layout simdjson documents: its
 * element classes cost 40 ns more an event of 15 values.
 */
extern "C" {
#include "common/contract/json.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/contract/json_number.h"
}

#include <charconv>
#include <cmath>
#include <cstring>
#include <new>

#include <simdjson.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace dom = simdjson::dom;

static_assert(JSON_PADDING >= simdjson::SIMDJSON_PADDING, "simdjson reads further than we promise");

#define JSON_FIRST_CAPACITY 4096 /* bytes of text that the first allocation is made for */
/* Objects up to this many keys look for duplicates by a bitmap and a walk, larger ones by a table.
 */
#define JSON_FEW_KEYS 16
#define JSON_SEEN_SLOTS ((size_t)2 * JSON_KEYS_MAX)

static const char too_deep[] = "nested deeper than 32 levels";

struct json_parser {
    dom::parser simd;
    size_t max_bytes;
    size_t capacity; /* bytes of text that the memory below is enough for */
    struct json_node *nodes;
    uint64_t seed;      /* of the duplicate table: peers cannot prepare collisions */
    bool has_backslash; /* the text has one: only then a string can hold U+0000 */
    const char *broken; /* rule that the walk found broken, or NULL */
    uint32_t n;         /* nodes written */
    uint32_t depth;     /* containers that are open */
    uint32_t seen[JSON_SEEN_SLOTS];
};

struct json_parser *json_parser_new(size_t max_bytes)
{
    struct json_parser *p = new (mem_calloc(1, sizeof *p)) json_parser();
    p->max_bytes = max_bytes;
    /* A failing getrandom leaves 0: the table still works, only predictably. */
    if (random_bytes(&p->seed, sizeof p->seed, nullptr) != 0) {
        p->seed = 0;
    }
    return p;
}

void json_parser_free(struct json_parser *p)
{
    if (p != nullptr) {
        mem_free(p->nodes);
        p->~json_parser();
        mem_free(p);
    }
}

/* Memory for a text of n bytes: doubled, up to what max_bytes needs. */
static bool ensure_capacity(struct json_parser *p, size_t n)
{
    if (n <= p->capacity) {
        return true;
    }
    size_t capacity = p->capacity == 0 ? JSON_FIRST_CAPACITY : p->capacity;
    while (capacity < n) {
        capacity *= 2;
    }
    if (capacity > p->max_bytes && n <= p->max_bytes) {
        capacity = p->max_bytes;
    }
    p->capacity = 0;
    mem_free(p->nodes);
    /* Every value but the top one has a comma, bracket or colon of its own: at most n / 2 + 1. */
    p->nodes = static_cast<struct json_node *>(
        mem_try_alloc((capacity / 2 + 2) * sizeof(struct json_node)));
    /* simdjson refuses a depth that reaches its maximum: one more than ours. */
    if (p->nodes == nullptr ||
        p->simd.allocate(capacity, JSON_DEPTH_MAX + 1) != simdjson::SUCCESS ||
        p->simd.doc.allocate(capacity) != simdjson::SUCCESS) {
        return false;
    }
    p->capacity = capacity;
    return true;
}

static inline bool same_key(const struct json_node *a, const struct json_node *b)
{
    return a->key_len == b->key_len && std::memcmp(a->key, b->key, a->key_len) == 0;
}

/* Cheap, weak: only to skip the walk below. The key is terminated and never ends the buffer, so two
 * bytes are always readable. */
static inline unsigned weak_hash(const char *key, uint32_t len)
{
    unsigned first = static_cast<unsigned char>(key[0]);
    unsigned middle = static_cast<unsigned char>(key[len / 2]);
    unsigned last = static_cast<unsigned char>(key[len == 0 ? 0 : len - 1]);
    return (first * 7 + middle * 31 + last * 109 + len * 13) & 255U;
}

/* Whether an earlier member of the object at nodes[top] has the key of the node at. */
static bool seen_before(const struct json_node *nodes, uint32_t top, uint32_t at)
{
    for (uint32_t i = top + 1; i < at; i = nodes[i].end) {
        if (same_key(&nodes[i], &nodes[at])) {
            return true;
        }
    }
    return false;
}

static bool has_duplicate(struct json_parser *p, uint32_t top)
{
    std::memset(p->seen, 0, sizeof p->seen);
    for (uint32_t i = top + 1; i < p->nodes[top].end; i = p->nodes[i].end) {
        const struct json_node *node = &p->nodes[i];
        size_t slot = XXH3_64bits_withSeed(node->key, node->key_len, p->seed) % JSON_SEEN_SLOTS;
        while (p->seen[slot] != 0) { /* 0 is the top object, never a member */
            if (same_key(&p->nodes[p->seen[slot]], node)) {
                return true;
            }
            slot = (slot + 1) % JSON_SEEN_SLOTS;
        }
        p->seen[slot] = i;
    }
    return false;
}

static inline bool has_nul(const struct json_parser *p, const char *s, size_t n)
{
    return p->has_backslash && std::memchr(s, 0, n) != nullptr;
}

/* The tape (simdjson's doc/tape.md): one 64-bit word a value with its kind in the top byte; numbers
 * have their bits in a second word; strings and keys an offset into string_buf, where a 32-bit
 * length, the bytes and a terminator are; containers end with a word of their own. */
static inline const char *tape_string(const struct json_parser *p, uint64_t word, uint32_t *len)
{
    const uint8_t *s = p->simd.doc.string_buf.get() + (word & UINT64_C(0x00ffffffffffffff));
    std::memcpy(len, s, sizeof *len);
    return reinterpret_cast<const char *>(s + sizeof *len);
}

static const uint64_t *walk_object(struct json_parser *p, uint32_t top, const uint64_t *tape);
static const uint64_t *walk_array(struct json_parser *p, uint32_t top, const uint64_t *tape);

static const uint64_t *walk_container(struct json_parser *p, uint32_t at, const uint64_t *tape)
{
    /* simdjson has bounded the depth, but does not count an empty container. */
    if (p->depth == JSON_DEPTH_MAX) {
        p->broken = too_deep;
        return nullptr;
    }
    p->depth++;
    const uint64_t *behind =
        p->nodes[at].type == JSON_NODE_OBJECT ? walk_object(p, at, tape) : walk_array(p, at, tape);
    p->depth--;
    return behind;
}

/* Writes the value at tape, and all inside it, from nodes[p->n], whose key is set. The result is
 * behind it, or NULL with p->broken. Recursion is bounded by JSON_DEPTH_MAX, which simdjson has
 * enforced before. */
__attribute__((always_inline)) static inline const uint64_t *walk_value(struct json_parser *p,
                                                                        const uint64_t *tape)
{
    uint32_t at = p->n++;
    struct json_node *node = &p->nodes[at];
    uint64_t word = *tape++;
    node->end = at + 1;
    switch (word >> 56) {
    case '"':
        node->type = JSON_NODE_STRING;
        node->u.s = tape_string(p, word, &node->n);
        if (has_nul(p, node->u.s, node->n)) {
            p->broken = "\\u0000 is not allowed";
            return nullptr;
        }
        return tape;
    case 'd':
        node->type = JSON_NODE_REAL;
        std::memcpy(&node->u.d, tape, sizeof node->u.d);
        return tape + 1;
    case 'l':
        node->type = JSON_NODE_INT;
        std::memcpy(&node->u.i, tape, sizeof node->u.i);
        return tape + 1;
    case '{':
        node->type = JSON_NODE_OBJECT;
        return walk_container(p, at, tape);
    case '[':
        node->type = JSON_NODE_ARRAY;
        return walk_container(p, at, tape);
    case 't':
    case 'f':
        node->type = JSON_NODE_BOOL;
        node->u.i = word >> 56 == 't' ? 1 : 0;
        return tape;
    case 'n':
        node->type = JSON_NODE_NULL;
        node->u.i = 0;
        return tape;
    default: /* 'u': above int64; later versions may add a kind for larger ones */
        p->broken = "an integer is outside the range of int64";
        return nullptr;
    }
}

static const uint64_t *walk_object(struct json_parser *p, uint32_t top, const uint64_t *tape)
{
    uint64_t seen[4] = {0, 0, 0, 0};
    uint32_t count = 0;
    for (; *tape >> 56 != '}'; count++) {
        uint32_t len;
        const char *key = tape_string(p, *tape++, &len);
        if (count == JSON_KEYS_MAX) {
            p->broken = "an object has more than 256 keys";
            return nullptr;
        }
        if (has_nul(p, key, len)) {
            p->broken = "\\u0000 is not allowed";
            return nullptr;
        }
        uint32_t at = p->n;
        p->nodes[at].key = key;
        p->nodes[at].key_len = len;
        if (count < JSON_FEW_KEYS) {
            unsigned hash = weak_hash(key, len);
            uint64_t bit = UINT64_C(1) << (hash & 63U);
            if ((seen[hash >> 6] & bit) != 0 && seen_before(p->nodes, top, at)) {
                p->broken = "a key appears twice in one object";
                return nullptr;
            }
            seen[hash >> 6] |= bit;
        }
        tape = walk_value(p, tape);
        if (tape == nullptr) {
            return nullptr;
        }
    }
    p->nodes[top].n = count;
    p->nodes[top].end = p->n;
    if (count > JSON_FEW_KEYS && has_duplicate(p, top)) {
        p->broken = "a key appears twice in one object";
        return nullptr;
    }
    return tape + 1;
}

static const uint64_t *walk_array(struct json_parser *p, uint32_t top, const uint64_t *tape)
{
    uint32_t count = 0;
    for (; *tape >> 56 != ']'; count++) {
        p->nodes[p->n].key = nullptr;
        p->nodes[p->n].key_len = 0;
        tape = walk_value(p, tape);
        if (tape == nullptr) {
            return nullptr;
        }
    }
    p->nodes[top].n = count;
    p->nodes[top].end = p->n;
    return tape + 1;
}

/* Our own words for simdjson's codes: its texts change between versions. */
static const char *reason(simdjson::error_code code)
{
    switch (static_cast<int>(code)) {
    case simdjson::DEPTH_ERROR:
        return too_deep;
    case simdjson::UTF8_ERROR:
        return "invalid UTF-8";
    case simdjson::STRING_ERROR:
        return "a string has an invalid escape or a lone surrogate";
    case simdjson::UNESCAPED_CHARS:
        return "a string has an unescaped control character";
    case simdjson::UNCLOSED_STRING:
        return "a string does not end";
    case simdjson::NUMBER_ERROR:
        return "a number is malformed or out of range";
    case simdjson::EMPTY:
        return "empty text";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
        return "a literal other than true, false, null";
    default:
        return "syntax error";
    }
}

int json_parse(struct json_parser *p, const char *text, size_t n, struct json_doc *doc,
               struct err *e)
{
    if (n > p->max_bytes) {
        err_set(e, ERR_LIMIT, "%zu bytes are over the limit of %zu", n, p->max_bytes);
        return -1;
    }
    if (n == 0) {
        err_set(e, ERR_INVALID, "empty text");
        return -1;
    }
    if (!ensure_capacity(p, n)) {
        err_set(e, ERR_LIMIT, "no memory to parse %zu bytes", n);
        return -1;
    }
    if (n >= 3 && std::memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* simdjson 3.3 and later skip it */
        err_set(e, ERR_INVALID, "a byte order mark is not allowed");
        return -1;
    }
    simdjson::simdjson_result<dom::element> top = p->simd.parse(text, n, false);
    if (top.error() != simdjson::SUCCESS) {
        err_set(e, ERR_INVALID, "%s", reason(top.error()));
        return -1;
    }
    const uint64_t *tape = p->simd.doc.tape.get() + 1; /* behind the root's word */
    if (*tape >> 56 != '{') {
        err_set(e, ERR_INVALID, "the top value is not an object");
        return -1;
    }
    p->has_backslash = std::memchr(text, '\\', n) != nullptr;
    p->n = 0;
    p->depth = 0;
    p->nodes[0].key = nullptr;
    p->nodes[0].key_len = 0;
    if (walk_value(p, tape) == nullptr) {
        err_set(e, ERR_INVALID, "%s", p->broken);
        return -1;
    }
    doc->nodes = p->nodes;
    doc->n = p->n;
    return 0;
}

size_t json_number_real(double d, char out[JSON_NUMBER_MAX])
{
    /* Digits alone would read as an integer, which ends at int64. */
    bool large = std::fabs(d) >= 0x1p63;
    std::to_chars_result r =
        large ? std::to_chars(out, out + JSON_NUMBER_MAX, d, std::chars_format::scientific)
              : std::to_chars(out, out + JSON_NUMBER_MAX, d);
    return static_cast<size_t>(r.ptr - out);
}

size_t json_number_int(int64_t i, char out[JSON_NUMBER_MAX])
{
    std::to_chars_result r = std::to_chars(out, out + JSON_NUMBER_MAX, i);
    return static_cast<size_t>(r.ptr - out);
}

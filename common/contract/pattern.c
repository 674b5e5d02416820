/*
 * PCRE2 behind pattern.h. Compiled once at start; matching runs on the thread that validates.
 */
#include "common/contract/pattern.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/base/mem.h"

/* Steps. A sane pattern needs a few per byte of a value; PCRE2's own default of 10,000,000 would
 * hold a thread for about 100 ms. */
#define PATTERN_MATCH_LIMIT 100000
#define PATTERN_DEPTH_LIMIT                                               \
    1000 /* nested backtracking of the interpreter, where there is no JIT \
          */
#define PATTERN_HEAP_LIMIT_KB 1024

struct pattern {
    struct pattern *next;
    pcre2_code *code;
    bool jit;
};

struct pattern_scratch {
    pcre2_match_data *match;
    pcre2_match_context *context;
};

struct pattern *pattern_new(struct str text, struct pattern *next, struct err *e)
{
    /* ALT_BSUX: \uXXXX as in ECMA-262, whose dialect JSON Schema names. */
    uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
                       PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C;
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &code, &offset, NULL);
    if (compiled == NULL) {
        PCRE2_UCHAR reason[128];
        if (pcre2_get_error_message(code, reason, sizeof reason) < 0) {
            reason[0] = '\0';
        }
        err_set(e, ERR_CONFIG, "the pattern does not compile: %s at offset %zu",
                (const char *)reason, (size_t)offset);
        return NULL;
    }
    struct pattern *p = mem_alloc(sizeof *p);
    p->next = next;
    p->code = compiled;
    p->jit = pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE) == 0;
    return p;
}

void pattern_free(struct pattern *p)
{
    while (p != NULL) {
        struct pattern *next = p->next;
        pcre2_code_free(p->code);
        mem_free(p);
        p = next;
    }
}

struct pattern_scratch *pattern_scratch_new(void)
{
    struct pattern_scratch *s = mem_alloc(sizeof *s);
    s->match = pcre2_match_data_create(1, NULL);
    s->context = pcre2_match_context_create(NULL);
    assert(s->match != NULL && s->context != NULL);
    (void)pcre2_set_match_limit(s->context, PATTERN_MATCH_LIMIT);
    (void)pcre2_set_depth_limit(s->context, PATTERN_DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(s->context, PATTERN_HEAP_LIMIT_KB);
    return s;
}

void pattern_scratch_free(struct pattern_scratch *s)
{
    if (s != NULL) {
        pcre2_match_data_free(s->match);
        pcre2_match_context_free(s->context);
        mem_free(s);
    }
}

enum pattern_rc pattern_match(const struct pattern *p, struct pattern_scratch *scratch,
                              struct str s)
{
    PCRE2_SPTR subject = (PCRE2_SPTR)(s.n == 0 ? "" : s.p);
    int rc = p->jit ? pcre2_jit_match(p->code, subject, s.n, 0, 0, scratch->match, scratch->context)
                    : pcre2_match(p->code, subject, s.n, 0, PCRE2_NO_UTF_CHECK, scratch->match,
                                  scratch->context);
    if (rc >= 0) { /* 0: more groups than the match data keeps */
        return PATTERN_MATCH;
    }
    return rc == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_TOO_HARD;
}

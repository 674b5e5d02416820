/*
 * Regular expressions of the keyword "pattern": PCRE2 with its JIT compiler, UTF-8, a step limit
 * against patterns that explode. Not anchored, as JSON Schema says; "$" matches at the end only.
 */
#ifndef TIDEGATE_CONTRACT_PATTERN_H
#define TIDEGATE_CONTRACT_PATTERN_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

struct pattern;         /* immutable, any thread */
struct pattern_scratch; /* one a thread */

enum pattern_rc { PATTERN_MATCH, PATTERN_NO_MATCH, PATTERN_TOO_HARD };

/* NULL with e (ERR_CONFIG) when text does not compile. next is an older pattern that the new one
 * takes over (a list for freeing), or NULL. */
struct pattern *pattern_new(struct str text, struct pattern *next, struct err *e) MUST_CHECK;
/* Frees the whole list; NULL is allowed. */
void pattern_free(struct pattern *p);

struct pattern_scratch *pattern_scratch_new(void) MUST_CHECK;
void pattern_scratch_free(struct pattern_scratch *s); /* NULL is allowed */

/* s must be valid UTF-8. Never blocks; time is bounded by the step limit. */
enum pattern_rc pattern_match(const struct pattern *p, struct pattern_scratch *scratch,
                              struct str s) MUST_CHECK;

#endif

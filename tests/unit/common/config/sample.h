/*
 * A table for the tests of common/config, with every type; made by the same macros as a program's.
 */
#ifndef TIDEGATE_TESTS_CONFIG_SAMPLE_H
#define TIDEGATE_TESTS_CONFIG_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/config/conf_internal.h"
#include "common/config/conf_table.h"

struct sample {
#define CONF CONF_FIELD
#include "tests/unit/common/config/sample.def"
#undef CONF
};

#define CONF_STRUCT struct sample
static const struct conf_def sample_defs[] = {
#define CONF CONF_ENTRY
#include "tests/unit/common/config/sample.def"
#undef CONF
};

static const char *const sample_key_fields[] = {"id", "sha256", "tenant", "secret"};
static const struct conf_list_def sample_lists[] = {
    {"api_keys", sample_key_fields, ARRAY_SIZE(sample_key_fields), "Keys."},
};

static const struct conf_spec sample_spec = {
    .program = "sample",
    .defs = sample_defs,
    .n_defs = ARRAY_SIZE(sample_defs),
    .lists = sample_lists,
    .n_lists = ARRAY_SIZE(sample_lists),
};

static inline int sample_load_text(const char *text, struct sample *s, struct conf_list *list,
                                   struct err *e)
{
    *s = (struct sample){0};
    return conf_load_text(&sample_spec, "t.yaml", str_of(text), s, list, e);
}

#endif

#include "common/config/conf_internal.h"

/*
 * The table as a person reads it: the values in force as YAML, the reference in Markdown.
 */

#include <inttypes.h>
#include <string.h>

#include "common/config/conf_mask.h"
#include "common/config/reference.h"

static size_t section_length(const char *key)
{
    return (size_t)(strchrnul(key, '.') - key);
}

static bool same_section(const struct conf_def *a, const struct conf_def *b)
{
    const size_t n = section_length(a->key);
    return n == section_length(b->key) && memcmp(a->key, b->key, n) == 0;
}

/* Whether defs[i] is the first of its section: a section is printed once, in one piece. */
static bool opens_section(const struct conf_spec *spec, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (same_section(&spec->defs[k], &spec->defs[i])) {
            return false;
        }
    }
    return true;
}

/* --- dump ---------------------------------------------------------------------------------------
 */

/* Code points that JSON leaves alone but a YAML reader takes for line breaks or refuses: DEL, C1
 * controls, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF (YAML 1.2 section 5.1, libyaml's reader).
 * Bytes of the one at p (n bytes left), or 0. */
static size_t needs_escape(const unsigned char *p, size_t n, unsigned *code)
{
    if (p[0] == 0x7f) {
        *code = 0x7f;
        return 1;
    }
    if (n >= 2 && p[0] == 0xc2 && p[1] < 0xa0) {
        *code = p[1];
        return 2;
    }
    if (n < 3 || (p[0] != 0xe2 && p[0] != 0xef)) {
        return 0;
    }
    *code = ((p[0] & 0x0fU) << 12) | ((p[1] & 0x3fU) << 6) | (p[2] & 0x3fU);
    const bool special = *code == 0x2028 || *code == 0x2029 || *code == 0xfeff || *code >= 0xfffe;
    return special ? 3 : 0;
}

/* text as a double-quoted YAML scalar. */
static int add_yaml(struct buf *out, struct str text)
{
    struct buf json;
    buf_init(&json, 6 * (size_t)CONF_TEXT_MAX + 64);
    int rc = buf_add_json(&json, text);
    for (size_t i = 0; rc == 0 && i < json.n;) {
        unsigned code = 0;
        const size_t n = needs_escape((const unsigned char *)json.p + i, json.n - i, &code);
        rc = n == 0 ? buf_add(out, json.p + i, 1) : buf_addf(out, "\\u%04x", code);
        i += n == 0 ? 1 : n;
    }
    buf_release(&json);
    return rc;
}

static int dump_value(const struct conf_def *d, const void *values, struct buf *out)
{
    const bool is_text = d->type == CONF_STRING || d->type == CONF_SECRET;
    if (!is_text) {
        return conf_value_text(d, values, out);
    }
    struct buf masked;
    buf_init(&masked, 2 * (size_t)CONF_TEXT_MAX);
    const char *text = *(char *const *)(const void *)((const char *)values + d->offset);
    int rc =
        d->type == CONF_SECRET ? conf_mask_secret(text, &masked) : conf_mask_url(text, &masked);
    if (rc == 0) {
        rc = add_yaml(out, (struct str){masked.p, masked.n});
    }
    buf_release(&masked);
    return rc;
}

static int dump_section(const struct conf_spec *spec, size_t first, const void *values,
                        struct buf *out)
{
    const struct conf_def *opener = &spec->defs[first];
    if (buf_addf(out, "%.*s:\n", (int)section_length(opener->key), opener->key) != 0) {
        return -1;
    }
    for (size_t i = first; i < spec->n_defs; i++) {
        const struct conf_def *d = &spec->defs[i];
        if (!same_section(opener, d)) {
            continue;
        }
        if (buf_addf(out, "  %s: ", d->key + section_length(d->key) + 1) != 0 ||
            dump_value(d, values, out) != 0 || buf_add(out, "\n", 1) != 0) {
            return -1;
        }
    }
    return 0;
}

static int dump_record(const struct conf_list_def *d, const struct conf_record *record,
                       struct buf *out)
{
    const char *lead = "  - ";
    for (size_t f = 0; f < d->n_fields; f++) {
        if (record->values[f] == NULL) {
            continue;
        }
        struct buf masked;
        buf_init(&masked, 2 * (size_t)CONF_TEXT_MAX);
        int rc = buf_addf(out, "%s%s: ", lead, d->fields[f]);
        rc = rc == 0 ? conf_mask_field(d->fields[f], record->values[f], &masked) : -1;
        rc = rc == 0 ? add_yaml(out, (struct str){masked.p, masked.n}) : -1;
        rc = rc == 0 ? buf_add(out, "\n", 1) : -1;
        buf_release(&masked);
        if (rc != 0) {
            return -1;
        }
        lead = "    ";
    }
    return lead[2] == '-' ? buf_addf(out, "  - {}\n") : 0;
}

static int dump_list(const struct conf_list_def *d, const struct conf_list *list, struct buf *out)
{
    if (list->n == 0) {
        return buf_addf(out, "%s: []\n", d->key);
    }
    if (buf_addf(out, "%s:\n", d->key) != 0) {
        return -1;
    }
    for (size_t r = 0; r < list->n; r++) {
        if (dump_record(d, &list->records[r], out) != 0) {
            return -1;
        }
    }
    return 0;
}

int conf_dump(const struct conf_spec *spec, const void *values, const struct conf_list *lists,
              struct buf *out)
{
    for (size_t i = 0; i < spec->n_defs; i++) {
        if (opens_section(spec, i) && dump_section(spec, i, values, out) != 0) {
            return -1;
        }
    }
    for (size_t l = 0; l < spec->n_lists; l++) {
        if (dump_list(&spec->lists[l], &lists[l], out) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- reference ----------------------------------------------------------------------------------
 */

static const char *type_name(enum conf_type type)
{
    switch (type) {
    case CONF_STRING:
        return "text";
    case CONF_SECRET:
        return "secret";
    case CONF_INT:
        return "integer";
    case CONF_BYTES:
        return "bytes";
    case CONF_DURATION:
        return "duration";
    case CONF_REAL:
        return "number";
    case CONF_BOOL:
        return "true, false";
    case CONF_CHOICE:
        return "choice";
    }
    return "";
}

static int add_choices(struct buf *out, const char *choices)
{
    for (const char *p = choices; *p != '\0';) {
        const char *end = strchrnul(p, '|');
        if (buf_addf(out, "%s`%.*s`", p == choices ? "" : ", ", (int)(end - p), p) != 0) {
            return -1;
        }
        p = *end == '\0' ? end : end + 1;
    }
    return 0;
}

static int add_bounds(struct buf *out, const struct conf_def *d)
{
    switch (d->type) {
    case CONF_BOOL:
        return 0;
    case CONF_CHOICE:
        return add_choices(out, d->choices);
    case CONF_STRING:
    case CONF_SECRET:
        return d->min > 0 ? buf_addf(out, "not empty") : 0;
    case CONF_INT:
    case CONF_BYTES:
    case CONF_DURATION:
    case CONF_REAL: {
        const enum conf_type type = d->type == CONF_REAL ? CONF_INT : d->type;
        const bool from = d->min != INT64_MIN;
        const bool to = d->max != INT64_MAX;
        if (!from && to && buf_addf(out, "at most ") != 0) {
            return -1;
        }
        if (from && conf_int_text(type, d->min, out) != 0) {
            return -1;
        }
        if (from && buf_addf(out, to ? " to " : " or more") != 0) {
            return -1;
        }
        return to ? conf_int_text(type, d->max, out) : 0;
    }
    }
    return 0;
}

static int add_default(struct buf *out, const struct conf_def *d)
{
    if (d->initial == NULL) {
        return buf_addf(out, "required");
    }
    return d->initial[0] == '\0' ? buf_addf(out, "empty") : buf_addf(out, "`%s`", d->initial);
}

static int help_key(const struct conf_def *d, struct buf *out)
{
    char env[CONF_ENV_MAX];
    conf_env_name(d, env);
    if (buf_addf(out, "| `%s` | %s | ", d->key, type_name(d->type)) != 0 ||
        add_default(out, d) != 0 || buf_addf(out, " | ") != 0 || add_bounds(out, d) != 0 ||
        buf_addf(out, " | `%s`", env) != 0 ||
        (d->env != NULL && buf_addf(out, ", `%s`", d->env) != 0) ||
        buf_addf(out, " | %s | ", d->reload ? "yes" : "") != 0 ||
        markdown_cell(out, d->help) != 0) {
        return -1;
    }
    return buf_addf(out, " |\n");
}

static int help_list(const struct conf_list_def *d, struct buf *out)
{
    if (buf_addf(out, "\n### `%s` (list, in the file only)\n\n%s\n\nFields: ", d->key, d->help) !=
        0) {
        return -1;
    }
    for (size_t f = 0; f < d->n_fields; f++) {
        if (buf_addf(out, "%s`%s`", f == 0 ? "" : ", ", d->fields[f]) != 0) {
            return -1;
        }
    }
    return buf_addf(out, ".\n");
}

static const char intro[] =
    "Sources, later ones win: default, file (`--config FILE`, YAML), environment, command line\n"
    "(`--section.name=value`). An empty environment variable counts as not set; where two are\n"
    "named the first wins. An unknown key or a value out of bounds is refused at start.\n"
    "Durations need a unit (`us`, `ms`, `s`, `m`, `h`, `d`); bytes may have one (`KiB`, `MiB`,\n"
    "`GiB`). Keys marked under *reload* are taken over on SIGHUP, others need a restart.\n";

int conf_help(const struct conf_spec *spec, struct buf *out)
{
    if (buf_addf(out, "## %s\n\n%s", spec->program, intro) != 0) {
        return -1;
    }
    for (size_t i = 0; i < spec->n_defs; i++) {
        if (!opens_section(spec, i)) {
            continue;
        }
        if (buf_addf(out,
                     "\n### `%.*s`\n\n"
                     "| key | type | default | bounds | environment | reload | what it does |\n"
                     "| --- | --- | --- | --- | --- | --- | --- |\n",
                     (int)section_length(spec->defs[i].key), spec->defs[i].key) != 0) {
            return -1;
        }
        for (size_t k = i; k < spec->n_defs; k++) {
            if (same_section(&spec->defs[i], &spec->defs[k]) &&
                help_key(&spec->defs[k], out) != 0) {
                return -1;
            }
        }
    }
    for (size_t l = 0; l < spec->n_lists; l++) {
        if (help_list(&spec->lists[l], out) != 0) {
            return -1;
        }
    }
    return 0;
}

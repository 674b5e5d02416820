#include "common/config/conf_internal.h"

/*
 * The YAML file. libcyaml walks the document along a schema that is built here from the table:
 * a section is a mapping, a key in it a text, a list a sequence of mappings of texts. Every scalar
 * is read as text so that one parser (conf_value.c) judges file, environment and flags alike.
 *
 * The library fills memory by the schema's offsets; its layout here:
 *   document: char **section[n_sections], then struct yaml_list list[n_lists]
 *   section:  char *value[number of its keys]
 *   record:   char *value[n_fields]
 */

#include <assert.h>
#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <string.h>

#include "common/base/mem.h"

struct yaml_list {
    char **values; /* n records of n_fields each */
    uint32_t n;
};

struct section {
    const char *name; /* points into the table: up to the dot */
    size_t name_n;
    size_t n_keys;
    size_t *defs; /* index in the table, by position in the section */
    char *name_z; /* name, terminated */
    cyaml_schema_field_t *fields;
};

struct schema {
    struct section *sections;
    size_t n_sections;
    cyaml_schema_field_t **record_fields;  /* by list */
    cyaml_schema_value_t *record_values;   /* by list */
    cyaml_schema_field_t *document_fields; /* sections, lists, end */
    cyaml_schema_value_t document;
};

#define OPTIONAL_TEXT ((enum cyaml_flag)(CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER))
/* "kafka:" with nothing below it is an empty section. */
#define OPTIONAL_PART ((enum cyaml_flag)(CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL_STR))

static cyaml_schema_field_t text_field(const char *key, size_t position)
{
    return (cyaml_schema_field_t){
        .key = key,
        .data_offset = (uint32_t)(position * sizeof(char *)),
        .value = {.type = CYAML_STRING,
                  .flags = OPTIONAL_TEXT,
                  .data_size = sizeof(char),
                  .string = {.min = 0, .max = CYAML_UNLIMITED}},
    };
}

static struct section *find_section(struct schema *s, const char *name, size_t n)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        if (s->sections[i].name_n == n && memcmp(s->sections[i].name, name, n) == 0) {
            return &s->sections[i];
        }
    }
    return NULL;
}

static void add_key(struct schema *s, const struct conf_spec *spec, size_t i)
{
    const char *key = spec->defs[i].key;
    const char *dot = strchr(key, '.');
    assert(dot != NULL); /* every key of the table has a section */
    struct section *section = find_section(s, key, (size_t)(dot - key));
    if (section == NULL) {
        section = &s->sections[s->n_sections++];
        *section = (struct section){.name = key, .name_n = (size_t)(dot - key)};
        section->name_z = mem_strndup(key, section->name_n);
        section->defs = mem_calloc(spec->n_defs, sizeof *section->defs);
        section->fields = mem_calloc(spec->n_defs + 1, sizeof *section->fields);
    }
    section->fields[section->n_keys] = text_field(dot + 1, section->n_keys);
    section->defs[section->n_keys++] = i;
}

static cyaml_schema_field_t section_field(const struct section *section, size_t position)
{
    return (cyaml_schema_field_t){
        .key = section->name_z,
        .data_offset = (uint32_t)(position * sizeof(char **)),
        .value = {.type = CYAML_MAPPING,
                  .flags = OPTIONAL_PART,
                  .data_size = (uint32_t)(section->n_keys * sizeof(char *)),
                  .mapping = {.fields = section->fields}},
    };
}

static cyaml_schema_field_t list_field(struct schema *s, const struct conf_spec *spec, size_t l)
{
    const struct conf_list_def *d = &spec->lists[l];
    cyaml_schema_field_t *fields = mem_calloc(d->n_fields + 1, sizeof *fields);
    for (size_t f = 0; f < d->n_fields; f++) {
        fields[f] = text_field(d->fields[f], f);
    }
    s->record_fields[l] = fields;
    s->record_values[l] = (cyaml_schema_value_t){
        .type = CYAML_MAPPING,
        .flags = CYAML_FLAG_DEFAULT,
        .data_size = (uint32_t)(d->n_fields * sizeof(char *)),
        .mapping = {.fields = fields},
    };
    const size_t at = s->n_sections * sizeof(char **) + l * sizeof(struct yaml_list);
    return (cyaml_schema_field_t){
        .key = d->key,
        .data_offset = (uint32_t)(at + offsetof(struct yaml_list, values)),
        .count_offset = (uint32_t)(at + offsetof(struct yaml_list, n)),
        .count_size = sizeof(uint32_t),
        .value = {.type = CYAML_SEQUENCE,
                  .flags = OPTIONAL_PART,
                  .data_size = s->record_values[l].data_size,
                  .sequence = {.entry = &s->record_values[l], .min = 0, .max = CONF_RECORDS_MAX}},
    };
}

static void schema_init(struct schema *s, const struct conf_spec *spec)
{
    *s = (struct schema){
        .sections = mem_calloc(spec->n_defs, sizeof *s->sections),
        .record_fields = mem_calloc(spec->n_lists, sizeof(cyaml_schema_field_t *)),
        .record_values = mem_calloc(spec->n_lists, sizeof *s->record_values),
    };
    for (size_t i = 0; i < spec->n_defs; i++) {
        add_key(s, spec, i);
    }
    s->document_fields = mem_calloc(s->n_sections + spec->n_lists + 1, sizeof *s->document_fields);
    for (size_t i = 0; i < s->n_sections; i++) {
        s->document_fields[i] = section_field(&s->sections[i], i);
    }
    for (size_t l = 0; l < spec->n_lists; l++) {
        s->document_fields[s->n_sections + l] = list_field(s, spec, l);
    }
    s->document = (cyaml_schema_value_t){
        .type = CYAML_MAPPING,
        .flags = (enum cyaml_flag)CYAML_FLAG_POINTER_NULL_STR,
        .data_size =
            (uint32_t)(s->n_sections * sizeof(char **) + spec->n_lists * sizeof(struct yaml_list)),
        .mapping = {.fields = s->document_fields},
    };
}

static void schema_release(struct schema *s, const struct conf_spec *spec)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        mem_free(s->sections[i].fields);
        mem_free(s->sections[i].defs);
        mem_free(s->sections[i].name_z);
    }
    for (size_t l = 0; l < spec->n_lists; l++) {
        mem_free(s->record_fields[l]);
    }
    mem_free(s->sections);
    mem_free(s->record_fields);
    mem_free(s->record_values);
    mem_free(s->document_fields);
}

/* --- what the library calls ---------------------------------------------------------------------
 */

static void *yaml_memory(void *ctx, void *p, size_t size)
{
    (void)ctx;
    if (size == 0) {
        mem_free(p);
        return NULL;
    }
    return mem_try_realloc(p, size);
}

static void yaml_message(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);

static void yaml_message(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    (void)level;
    char text[256];
    (void)vsnprintf(text, sizeof text, fmt, args);
    conf_yaml_log_add(ctx, text);
}

static enum conf_yaml_problem problem_of(cyaml_err_t rc, struct conf_yaml_log *log)
{
    if (log->what[0] == '\0') {
        conf_yaml_log_add(log, cyaml_strerror(rc));
    }
    if (rc == CYAML_ERR_INVALID_KEY) {
        return CONF_YAML_UNKNOWN_KEY;
    }
    if (rc == CYAML_ERR_UNEXPECTED_EVENT && strstr(log->what, "already seen") != NULL) {
        return CONF_YAML_DUPLICATE;
    }
    return rc == CYAML_ERR_ALIAS ? CONF_YAML_ALIAS : CONF_YAML_OTHER;
}

/* --- from the library's memory to ours ----------------------------------------------------------
 */

static int put_section(struct conf_target *t, const struct section *section, char *const *values,
                       const char *name, struct str text, struct err *e)
{
    for (size_t k = 0; k < section->n_keys; k++) {
        if (values[k] == NULL) {
            continue;
        }
        const size_t i = section->defs[k];
        int rc = 0;
        if (strcmp(values[k], "null") == 0 || strcmp(values[k], "~") == 0) {
            err_set(e, ERR_CONFIG, "%s: null is no value; leave the key out for its default",
                    t->spec->defs[i].key);
            rc = -1;
        } else {
            rc = conf_put(t, i, values[k], NULL, e);
        }
        if (rc != 0) {
            const char *key = strchr(t->spec->defs[i].key, '.') + 1;
            const size_t line = conf_yaml_line(text, section->name_z, key, 0);
            if (line != 0) {
                err_wrap(e, "%s:%zu", name, line);
            } else {
                err_wrap(e, "%s", name);
            }
            return -1;
        }
    }
    return 0;
}

/* Moves the texts of a list over; what is moved is NULL in the library's memory. */
static void move_list(struct yaml_list *from, size_t n_fields, struct conf_list *to)
{
    to->records = mem_calloc(from->n, sizeof *to->records);
    to->n = from->n;
    for (size_t r = 0; r < from->n; r++) {
        char **values = from->values + r * n_fields;
        char **taken = mem_calloc(n_fields, sizeof *taken);
        memcpy(taken, values, n_fields * sizeof *taken);
        memset(values, 0, n_fields * sizeof *values);
        to->records[r].values = taken;
    }
}

static int put_document(struct conf_target *t, const struct schema *s, char *data, const char *name,
                        struct str text, struct conf_list *lists, struct err *e)
{
    char ***sections = (char ***)(void *)data;
    for (size_t i = 0; i < s->n_sections; i++) {
        if (sections[i] != NULL &&
            put_section(t, &s->sections[i], sections[i], name, text, e) != 0) {
            return -1;
        }
    }
    struct yaml_list *from = (struct yaml_list *)(void *)(sections + s->n_sections);
    for (size_t l = 0; l < t->spec->n_lists; l++) {
        if (from[l].values != NULL) {
            move_list(&from[l], t->spec->lists[l].n_fields, &lists[l]);
        }
    }
    return 0;
}

int conf_yaml_read(struct conf_target *t, const char *name, struct str text,
                   struct conf_list *lists, struct err *e)
{
    struct schema s;
    schema_init(&s, t->spec);
    struct conf_yaml_log log = {0};
    const cyaml_config_t config = {
        .log_fn = yaml_message,
        .log_ctx = &log,
        .mem_fn = yaml_memory,
        .log_level = CYAML_LOG_WARNING,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *data = NULL;
    const uint8_t *input = (const uint8_t *)(text.n == 0 ? "" : text.p);
    const cyaml_err_t rc = cyaml_load_data(input, text.n, &config, &s.document, &data, NULL);
    int result = -1;
    /* A second document is only warned of, and would be ignored. */
    if (rc != CYAML_OK || log.what[0] != '\0') {
        const enum conf_yaml_problem problem = problem_of(rc, &log);
        conf_yaml_refuse(t->spec, name, text, &log, problem, e);
    } else {
        result = data == NULL ? 0 : put_document(t, &s, data, name, text, lists, e);
    }
    if (data != NULL) {
        (void)cyaml_free(&config, &s.document, data, 0);
    }
    schema_release(&s, t->spec);
    return result;
}

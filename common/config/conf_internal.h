/*
 * What the files of common/config share: one value, its text, the YAML reader, the flags.
 * Not for programs. Thread: main, as conf.h.
 */
#ifndef TIDEGATE_CONFIG_CONF_INTERNAL_H
#define TIDEGATE_CONFIG_CONF_INTERNAL_H

#include "common/base/str.h"
#include "common/config/conf.h"

#define CONF_FILE_MAX (8U << 20)    /* bytes of a configuration file: about 40,000 API keys */
#define CONF_RECORDS_MAX 65536U     /* records of one list */
#define CONF_KEY_MAX 96U            /* bytes of "section.name" with the terminator */
#define CONF_TEXT_MAX (1U << 20)    /* bytes of one value, whatever its table entry says */
#define CONF_NOT_FOUND ((size_t)-1) /* no such index */

/* A load in progress: where the values go and which keys have got one. */
struct conf_target {
    const struct conf_spec *spec;
    void *out;
    bool *set; /* n_defs entries */
};

/* --- conf.c ----------------------------------------------------------------------------------- */

/* Index of key (n bytes) in the table, or CONF_NOT_FOUND. */
size_t conf_find(const struct conf_spec *spec, const char *key, size_t n);

/* Parses text into the field of defs[i], replacing what it had. source ("environment", a file name
 * or NULL) stands first in e. 0, or -1 with e and the field as it was. */
int conf_put(struct conf_target *t, size_t i, const char *text, const char *source,
             struct err *e) MUST_CHECK;

/* --- conf_value.c ----------------------------------------------------------------------------- */

/* Parses text by d and stores it in the field of out; strings are copied. */
int conf_value_set(const struct conf_def *d, void *out, const char *text, struct err *e) MUST_CHECK;

/* Frees (secrets are wiped first) and zeroes the field. */
void conf_value_release(const struct conf_def *d, void *out);

/* The field as text that conf_value_set would take. 0, or -1 when b's limit ends. */
int conf_value_text(const struct conf_def *d, const void *values, struct buf *b) MUST_CHECK;

/* i in the unit of type, with the largest suffix that needs no fraction ("1MiB", "90s"). */
int conf_int_text(enum conf_type type, int64_t i, struct buf *b) MUST_CHECK;

/* --- conf_yaml.c ------------------------------------------------------------------------------ */

/* Puts every key of the document and fills lists (zeroed by the caller; on failure the caller
 * releases what is in them). name is the file's, for e. */
int conf_yaml_read(struct conf_target *t, const char *name, struct str text,
                   struct conf_list *lists, struct err *e) MUST_CHECK;

/* --- conf_yaml_error.c ------------------------------------------------------------------------ */

/* What libcyaml said while it refused a document. */
struct conf_yaml_log {
    char what[160];  /* its first complaint, without prefix and newline */
    char field[64];  /* innermost field that was open, or "" */
    char outer[64];  /* the field around that, or "" */
    size_t line;     /* line where the innermost container begins; 0: unknown */
    unsigned places; /* lines of its backtrace so far */
};

/* Takes one formatted message of libcyaml. */
void conf_yaml_log_add(struct conf_yaml_log *log, const char *message);

enum conf_yaml_problem {
    CONF_YAML_UNKNOWN_KEY,
    CONF_YAML_DUPLICATE,
    CONF_YAML_ALIAS,
    CONF_YAML_OTHER
};

/* Turns it into e: "conf.yaml:3: unknown key 'kafka.broker', did you mean 'kafka.brokers'?" */
void conf_yaml_refuse(const struct conf_spec *spec, const char *name, struct str text,
                      const struct conf_yaml_log *log, enum conf_yaml_problem problem,
                      struct err *e);

/* The line of section.name in a document in block style, counted from 1; 0: not found.
 * name NULL: of the section itself. which: 0 for the first, 1 for the second occurrence. */
size_t conf_yaml_line(struct str text, const char *section, const char *name, unsigned which);

/* --- conf_source.c ---------------------------------------------------------------------------- */

/* Name of the environment variable of d ("TIDEGATE_HTTP_LISTEN") to out of CONF_ENV_MAX bytes. */
#define CONF_ENV_MAX (CONF_KEY_MAX + 16U)
void conf_env_name(const struct conf_def *d, char *out);

/* Puts every value of the environment (NULL-terminated "NAME=value" words, or NULL). Empty
 * ones count as not set. Refuses TIDEGATE_<known section>_<unknown name>. */
int conf_env_read(struct conf_target *t, char *const *environment, struct err *e) MUST_CHECK;

/* One word of the command line, seen by conf_flag_next. */
struct conf_flag {
    size_t def;        /* index in the table; CONF_NOT_FOUND: this is --config */
    const char *value; /* borrowed from the words */
};

/* Reads the flag at words[*at] and moves *at behind it. 1 with *flag; 0 when the word there is not
 * one of ours; -1 with e. */
int conf_flag_next(const struct conf_spec *spec, int n_words, char *const *words, int *at,
                   struct conf_flag *flag, struct err *e) MUST_CHECK;

/* --- conf_nearest.c --------------------------------------------------------------------------- */

/* Appends ", did you mean 'x'?" to e for the table key or list nearest to wrong, if one is near. */
void conf_suggest(const struct conf_spec *spec, const char *wrong, struct err *e);

/* Edit distance with swaps of neighbours (optimal string alignment); limit + 1 when greater than
 * limit. Pure. Texts longer than CONF_KEY_MAX are far from everything. */
unsigned conf_distance(const char *a, const char *b, unsigned limit);

#endif

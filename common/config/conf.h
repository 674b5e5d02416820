/*
 * Configuration: one table per program (<program>/conf.def) gives every key its type, default,
 * bounds, unit and sentence. The same table parses, checks, dumps, documents.
 *
 * Sources, later ones win: defaults, YAML file (--config FILE), environment, command line.
 *   YAML         section: {name: value}
 *   environment  TIDEGATE_<SECTION>_<NAME>, and the key's own alias (DATABASE_URL) when it has one;
 *                TIDEGATE_… wins over the alias; an empty variable counts as not set
 *   flags        --section.name=value, --section.name value, --set section.name=value
 * An unknown key (with the nearest known one), a value out of bounds or of the wrong type: refused
 * with source, key and reason. Also a TIDEGATE_ variable whose first part is a known section.
 *
 * Thread: main, before others start. Blocks on reading the file.
 */
#ifndef TIDEGATE_CONFIG_CONF_H
#define TIDEGATE_CONFIG_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

enum conf_type {
    CONF_STRING,   /* char *; min..max bound the length in bytes */
    CONF_SECRET,   /* char *, masked in dumps; in a URL only the password is masked */
    CONF_INT,      /* int64_t */
    CONF_BYTES,    /* int64_t bytes; accepts suffix KiB, MiB, GiB */
    CONF_DURATION, /* int64_t whole milliseconds; needs suffix us, ms, s, m, h or d; shorter times
                    * are a CONF_REAL of milliseconds with the unit in its name (linger_ms) */
    CONF_REAL,     /* double; min and max are whole numbers */
    CONF_BOOL,     /* bool: true or false */
    CONF_CHOICE    /* char *, one of choices */
};

struct conf_def {
    const char *key; /* "http.listen" */
    enum conf_type type;
    const char *initial; /* default as text; NULL: the key is required */
    int64_t min, max;    /* bounds in the type's unit */
    const char *choices; /* CONF_CHOICE: "one|two", else NULL */
    const char *env;     /* alias in the environment, or NULL */
    bool reload;         /* taken over on SIGHUP */
    const char *help;    /* one sentence; says the unit when the type does not */
    size_t offset;       /* of the field in the program's struct */
};

/* A list of records in the YAML file (api_keys): fields are texts, missing ones NULL. */
struct conf_list_def {
    const char *key;           /* top-level key in the file */
    const char *const *fields; /* names */
    size_t n_fields;
    const char *help;
};

struct conf_record {
    char **values; /* in the order of fields; NULL when absent */
};

struct conf_list {
    struct conf_record *records;
    size_t n;
};

struct conf_spec {
    const char *program; /* "ingestor" */
    const struct conf_def *defs;
    size_t n_defs;
    const struct conf_list_def *lists;
    size_t n_lists;
};

/* Fills *out (the program's struct, zeroed by the caller) and lists[n_lists]. args are the words
 * after the subcommand: flags of this table, --config FILE, --set section.name=value; the first
 * word that is none of these ends the parse, its index goes to *used (may be NULL: leftover is an
 * error). 0, or -1 with e; then nothing is left allocated. Strings are owned by *out: conf_release.
 */
int conf_load(const struct conf_spec *spec, int n_args, char *const *args, int *used, void *out,
              struct conf_list *lists, struct err *e) MUST_CHECK;

/* As conf_load, but from YAML in memory and without environment and flags; name stands for the
 * file's in errors. */
int conf_load_text(const struct conf_spec *spec, const char *name, struct str text, void *out,
                   struct conf_list *lists, struct err *e) MUST_CHECK;

void conf_release(const struct conf_spec *spec, void *out, struct conf_list *lists);

/* The values in force as YAML, secrets masked. 0, or -1 when out's limit ends. */
int conf_dump(const struct conf_spec *spec, const void *values, const struct conf_list *lists,
              struct buf *out) MUST_CHECK;

/* Reference of all keys in Markdown (--help-config). 0, or -1 when out's limit ends. */
int conf_help(const struct conf_spec *spec, struct buf *out) MUST_CHECK;

/* Parses one text by type and bounds, for values that are not in a table (command-line tools).
 * *i for INT, BYTES, DURATION; *d for REAL. 0, or -1 with e. */
int conf_parse_int(enum conf_type type, const char *text, int64_t min, int64_t max, int64_t *i,
                   struct err *e) MUST_CHECK;
int conf_parse_real(const char *text, double min, double max, double *d, struct err *e) MUST_CHECK;

#endif

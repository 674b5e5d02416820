#include "common/config/conf_internal.h"

/*
 * The environment and the command line as sources of values.
 */

#include <ctype.h>
#include <string.h>

#define PREFIX "TIDEGATE_"

void conf_env_name(const struct conf_def *d, char *out)
{
    size_t n = sizeof PREFIX - 1;
    memcpy(out, PREFIX, n);
    for (const char *p = d->key; *p != '\0' && n < CONF_ENV_MAX - 1; p++) {
        const int c = *p == '.' ? '_' : toupper((unsigned char)*p);
        out[n++] = (char)c;
    }
    out[n] = '\0';
}

/* The value of the last "NAME=value" word that has this name and is not empty, or NULL. */
static const char *value_of(char *const *environment, const char *name)
{
    const size_t n = strlen(name);
    const char *value = NULL;
    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=' &&
            (*environment)[n + 1] != '\0') {
            value = *environment + n + 1;
        }
    }
    return value;
}

/* Whether rest ("HTTP_LISTN=x") begins with the section of a known key. */
static bool in_known_section(const struct conf_spec *spec, const char *rest)
{
    for (size_t i = 0; i < spec->n_defs; i++) {
        const char *key = spec->defs[i].key;
        const size_t n = (size_t)(strchrnul(key, '.') - key);
        if (strncasecmp(rest, key, n) == 0 && rest[n] == '_') {
            return true;
        }
    }
    return false;
}

static bool is_known(const struct conf_spec *spec, const char *name, size_t n)
{
    for (size_t i = 0; i < spec->n_defs; i++) {
        char known[CONF_ENV_MAX];
        conf_env_name(&spec->defs[i], known);
        if (strlen(known) == n && memcmp(known, name, n) == 0) {
            return true;
        }
    }
    return false;
}

/* A misspelt variable would be silent otherwise. Variables of other purposes (TIDEGATE_BIN of the
 * tests) pass, because no section has their first part. */
static int refuse_unknown(const struct conf_spec *spec, char *const *environment, struct err *e)
{
    for (; *environment != NULL; environment++) {
        const char *word = *environment;
        const size_t n = (size_t)(strchrnul(word, '=') - word);
        if (strncmp(word, PREFIX, sizeof PREFIX - 1) != 0 ||
            !in_known_section(spec, word + sizeof PREFIX - 1) || is_known(spec, word, n)) {
            continue;
        }
        err_set(e, ERR_CONFIG, "environment: unknown variable %.*s", (int)n, word);
        char key[CONF_KEY_MAX] = "";
        const char *rest = word + sizeof PREFIX - 1;
        for (size_t i = 0; i + 1 < sizeof key && rest[i] != '=' && rest[i] != '\0'; i++) {
            key[i] = (char)tolower((unsigned char)rest[i]);
        }
        char *underscore = strchr(key, '_');
        if (underscore != NULL) {
            *underscore = '.';
        }
        conf_suggest(spec, key, e);
        return -1;
    }
    return 0;
}

int conf_env_read(struct conf_target *t, char *const *environment, struct err *e)
{
    const struct conf_spec *spec = t->spec;
    if (environment == NULL) {
        return 0; /* glibc after clearenv */
    }
    if (refuse_unknown(spec, environment, e) != 0) {
        return -1;
    }
    for (size_t i = 0; i < spec->n_defs; i++) {
        char name[CONF_ENV_MAX];
        conf_env_name(&spec->defs[i], name);
        const char *source = name;
        const char *value = value_of(environment, name);
        if (value == NULL && spec->defs[i].env != NULL) {
            source = spec->defs[i].env;
            value = value_of(environment, source);
        }
        if (value != NULL && conf_put(t, i, value, source, e) != 0) {
            err_wrap(e, "environment");
            return -1;
        }
    }
    return 0;
}

static void refuse_flag(const struct conf_spec *spec, const char *key, size_t n, struct err *e)
{
    char name[CONF_KEY_MAX] = "";
    memcpy(name, key, n < sizeof name - 1 ? n : sizeof name - 1);
    err_set(e, ERR_USAGE, "command line: unknown key '%s'", name);
    conf_suggest(spec, name, e);
}

/* The value behind '=' or in the next word; moves *at behind all of it. */
static int take_value(int n_words, char *const *words, int *at, const char *equals,
                      const char **value, struct err *e)
{
    const char *word = words[(*at)++];
    if (equals != NULL) {
        *value = equals + 1;
        return 0;
    }
    if (*at >= n_words || strncmp(words[*at], "--", 2) == 0) {
        err_set(e, ERR_USAGE, "command line: %s needs a value", word);
        return -1;
    }
    *value = words[(*at)++];
    return 0;
}

/* "section.name=value" behind --set. */
static int read_assignment(const struct conf_spec *spec, struct conf_flag *flag, struct err *e)
{
    const char *text = flag->value;
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        err_set(e, ERR_USAGE, "command line: --set %s: section.name=value was expected", text);
        return -1;
    }
    flag->def = conf_find(spec, text, (size_t)(equals - text));
    if (flag->def == CONF_NOT_FOUND) {
        refuse_flag(spec, text, (size_t)(equals - text), e);
        return -1;
    }
    flag->value = equals + 1;
    return 1;
}

int conf_flag_next(const struct conf_spec *spec, int n_words, char *const *words, int *at,
                   struct conf_flag *flag, struct err *e)
{
    const char *word = words[*at];
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0') {
        return 0;
    }
    const char *key = word + 2;
    const char *equals = strchr(key, '=');
    const size_t n = equals == NULL ? strlen(key) : (size_t)(equals - key);
    const bool is_set = n == 3 && memcmp(key, "set", n) == 0;
    const bool is_config = n == 6 && memcmp(key, "config", n) == 0;
    flag->def = conf_find(spec, key, n);
    if (flag->def == CONF_NOT_FOUND && !is_set && !is_config) {
        if (memchr(key, '.', n) == NULL) {
            return 0;
        }
        refuse_flag(spec, key, n, e);
        return -1;
    }
    if (take_value(n_words, words, at, equals, &flag->value, e) != 0) {
        return -1;
    }
    return is_set ? read_assignment(spec, flag, e) : 1;
}

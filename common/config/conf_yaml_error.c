#include "common/config/conf_internal.h"

/*
 * From what libcyaml prints while it refuses a document to one sentence with file, line and key.
 * Its messages (1.3.1 and 1.4): one complaint with the prefix "Load: ", then a backtrace, innermost
 * container first: "  in mapping field 'kafka' (line: 3, column: 5)". The line is where the
 * container begins, so the key's own line is looked up in the text. When a later version words
 * things otherwise only precision is lost.
 */

#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from, size_t n)
{
    n = n < size - 1 ? n : size - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

/* "  in mapping field 'kafka' (line: 3, column: 5)": the field and the line. */
static void add_place(struct conf_yaml_log *log, const char *message)
{
    const char *line = strstr(message, "(line: ");
    if (log->places++ == 0 && line != NULL) {
        log->line = strtoul(line + strlen("(line: "), NULL, 10);
    }
    const char *open = strstr(message, "field '");
    if (open == NULL) {
        return;
    }
    open += strlen("field '");
    const size_t n = strcspn(open, "'");
    if (log->field[0] == '\0') {
        copy(log->field, sizeof log->field, open, n);
    } else if (log->outer[0] == '\0') {
        copy(log->outer, sizeof log->outer, open, n);
    }
}

void conf_yaml_log_add(struct conf_yaml_log *log, const char *message)
{
    static const char prefix[] = "Load: ";
    if (strncmp(message, "  in ", 5) == 0) {
        add_place(log, message);
        return;
    }
    if (log->what[0] != '\0' || strncmp(message, "Load: Backtrace", 15) == 0) {
        return;
    }
    if (strncmp(message, prefix, sizeof prefix - 1) == 0) {
        message += sizeof prefix - 1;
    }
    copy(log->what, sizeof log->what, message, strcspn(message, "\n"));
}

/* Whether the line at p (n bytes) is "<indent>name:" with at least min_indent blanks. */
static bool is_key_line(const char *p, size_t n, const char *name, size_t min_indent)
{
    size_t indent = 0;
    while (indent < n && p[indent] == ' ') {
        indent++;
    }
    const size_t name_n = strlen(name);
    return indent >= min_indent && (min_indent > 0 || indent == 0) && n - indent > name_n &&
           memcmp(p + indent, name, name_n) == 0 && p[indent + name_n] == ':';
}

size_t conf_yaml_line(struct str text, const char *section, const char *name, unsigned which)
{
    bool inside = false;
    size_t number = 0;
    for (size_t at = 0; at < text.n;) {
        const char *p = text.p + at;
        const char *end = memchr(p, '\n', text.n - at);
        const size_t n = end == NULL ? text.n - at : (size_t)(end - p);
        at += n + 1;
        number++;
        if (n > 0 && p[0] != ' ' && p[0] != '#' && p[0] != '\r') {
            inside = is_key_line(p, n, section, 0);
        }
        const bool hit =
            name == NULL ? is_key_line(p, n, section, 0) : inside && is_key_line(p, n, name, 1);
        if (hit && which-- == 0) {
            return number;
        }
    }
    return 0;
}

/* The text behind the last ": " of a complaint is the key. */
static const char *key_of(const char *what)
{
    const char *key = what;
    for (const char *p = strstr(what, ": "); p != NULL; p = strstr(p, ": ")) {
        p += 2;
        key = p;
    }
    return key;
}

/* Full key and line of what log complains about. The backtrace names the section as innermost
 * field for an unknown key, but the key itself for a duplicate. */
static size_t locate(const struct conf_yaml_log *log, enum conf_yaml_problem problem,
                     struct str text, char *full, size_t size)
{
    const char *key = key_of(log->what);
    const bool duplicate = problem == CONF_YAML_DUPLICATE;
    const char *section = duplicate ? log->outer : log->field;
    size_t line = 0;
    if (section[0] == '\0') {
        (void)snprintf(full, size, "%s", key);
        line = conf_yaml_line(text, key, NULL, duplicate ? 1 : 0);
    } else {
        (void)snprintf(full, size, "%s.%s", section, key);
        line = conf_yaml_line(text, section, key, duplicate ? 1 : 0);
    }
    return line != 0 ? line : log->line;
}

void conf_yaml_refuse(const struct conf_spec *spec, const char *name, struct str text,
                      const struct conf_yaml_log *log, enum conf_yaml_problem problem,
                      struct err *e)
{
    char key[3 * CONF_KEY_MAX] = ""; /* section, dot and name, each as long as the log gives it */
    size_t line = log->line;
    switch (problem) {
    case CONF_YAML_UNKNOWN_KEY:
        line = locate(log, problem, text, key, sizeof key);
        err_set(e, ERR_CONFIG, "unknown key '%s'", key);
        conf_suggest(spec, key, e);
        break;
    case CONF_YAML_DUPLICATE:
        line = locate(log, problem, text, key, sizeof key);
        err_set(e, ERR_CONFIG, "key '%s' is given twice", key);
        break;
    case CONF_YAML_ALIAS:
        err_set(e, ERR_CONFIG, "anchors and aliases (&, *) are not supported");
        break;
    case CONF_YAML_OTHER:
        err_set(e, ERR_CONFIG, "%s%s%s", log->what, log->field[0] == '\0' ? "" : ", in ",
                log->field);
        break;
    }
    if (line != 0) {
        err_wrap(e, "%s:%zu", name, line);
    } else {
        err_wrap(e, "%s", name);
    }
}

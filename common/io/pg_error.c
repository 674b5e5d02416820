/*
 * The pure half of pg.h: what an SQLSTATE means, the line in a COPY error, quoting.
 *
 * Codes: PostgreSQL documentation, appendix "Error Codes".
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "common/io/pg.h"

struct rule {
    const char *prefix; /* of the SQLSTATE; the longest one that fits decides */
    enum err_code code;
};

/* What is not listed is ERR_DENIED: a person has to look. */
static const struct rule rules[] = {
    {"08", ERR_UNAVAILABLE},
    {"08P01", ERR_DENIED}, /* binary field too short: a column's type is not what we send */
    {"22", ERR_DATA},
    {"22P03", ERR_DENIED}, /* binary field too long: the same */
    {"22P04", ERR_DENIED}, /* wrong field count: the statement does not fit the rows */
    {"23", ERR_DATA},
    {"25", ERR_UNAVAILABLE}, /* read-only while failing over, idle-in-transaction timeout */
    {"40", ERR_UNAVAILABLE}, /* serialisation, deadlock */
    {"53", ERR_UNAVAILABLE}, /* disk full, out of memory, too many connections */
    {"54", ERR_DATA},
    {"55006", ERR_UNAVAILABLE}, /* object in use */
    {"55P03", ERR_UNAVAILABLE}, /* lock_timeout */
    {"57", ERR_UNAVAILABLE},    /* shutdown, crash recovery, cancelled */
    {"58", ERR_UNAVAILABLE},    /* the server's own I/O error */
};

enum err_code pg_sqlstate_code(const char *sqlstate)
{
    if (sqlstate == NULL || sqlstate[0] == '\0') {
        return ERR_UNAVAILABLE;
    }
    enum err_code code = ERR_DENIED;
    size_t best = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        size_t n = strlen(rules[i].prefix);
        if (n > best && strncmp(sqlstate, rules[i].prefix, n) == 0) {
            best = n;
            code = rules[i].code;
        }
    }
    return code;
}

enum pg_failure pg_failure_class(const struct err *e)
{
    enum err_code code = e->detail[0] == '\0' ? e->code : pg_sqlstate_code(e->detail);
    if (code == ERR_DATA) {
        return PG_FAILURE_DATA;
    }
    if (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT || code == ERR_IO) {
        return PG_FAILURE_TRANSIENT;
    }
    return PG_FAILURE_OPERATOR;
}

/* Start of the context line that begins with "COPY ", or NULL: a trigger's lines come first. */
static const char *copy_context(const char *context)
{
    for (const char *at = context; at != NULL; at = strchr(at, '\n')) {
        if (*at == '\n') {
            at++;
        }
        if (strncmp(at, "COPY ", 5) == 0) {
            return at;
        }
    }
    return NULL;
}

int64_t pg_context_line(const char *context)
{
    const char *at = copy_context(context);
    if (at == NULL) {
        return -1;
    }
    at = strstr(at, ", "); /* behind the table's name, which may hold digits */
    if (at == NULL) {
        return -1;
    }
    while (*at != '\0' && *at != '\n' && !isdigit((unsigned char)*at)) {
        at++;
    }
    if (!isdigit((unsigned char)*at)) {
        return -1;
    }
    int64_t line = 0;
    for (; isdigit((unsigned char)*at); at++) {
        if (line > (INT64_MAX - 9) / 10) {
            return -1;
        }
        line = line * 10 + (*at - '0');
    }
    return line;
}

/* Writes text between two quotes with every quote in it doubled; from is where to begin in out. */
static int quote(const char *text, char mark, char *out, size_t size, size_t from)
{
    size_t n = from;
    if (size < from + 3) {
        return -1;
    }
    out[n++] = mark;
    for (; *text != '\0'; text++) {
        bool twice = *text == mark || (mark == '\'' && *text == '\\');
        if (n + (twice ? 2 : 1) + 2 > size) {
            return -1;
        }
        if (twice) {
            out[n++] = *text;
        }
        out[n++] = *text;
    }
    out[n++] = mark;
    out[n] = '\0';
    return 0;
}

int pg_quote_ident(const char *name, char *out, size_t size)
{
    assert(name != NULL);
    return quote(name, '"', out, size, 0);
}

int pg_quote_literal(const char *text, char *out, size_t size)
{
    assert(text != NULL);
    if (strchr(text, '\\') == NULL) {
        return quote(text, '\'', out, size, 0);
    }
    if (size < 1) {
        return -1;
    }
    out[0] = 'E';
    return quote(text, '\'', out, size, 1);
}

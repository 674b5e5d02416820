/*
 * A thin layer over libpq in its blocking mode: one thread, one connection. It knows PostgreSQL's
 * protocol habits and nothing about our tables.
 */
#include "common/io/pg.h"

#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define PG_PARAMS_MAX 64         /* connection keywords: libpq knows about 40 */
#define PG_OPTIONS_MAX 4096      /* bytes of the options keyword */
#define PG_QUERY_PARAMS_MAX 1024 /* of one statement */

struct pg {
    PGconn *conn;
    char *copied; /* piece of COPY TO that the caller looks at; libpq's memory */
};

/* A PGresult under our own name; the cast is done in two places below. */
struct pg_result;

static const PGresult *raw(const struct pg_result *r)
{
    return (const PGresult *)r;
}

/* Our defaults; what the url says wins. */
static const struct {
    const char *keyword;
    const char *value;
} defaults[] = {
    {"client_encoding", "UTF8"},  {"connect_timeout", "5"},  {"keepalives_idle", "10"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"}, {"tcp_user_timeout", "30000"},
    {"gssencmode", "disable"}, /* else each connect first asks a Kerberos cache */
};

struct params {
    const char *keywords[PG_PARAMS_MAX + 1];
    const char *values[PG_PARAMS_MAX + 1];
    size_t n;
};

static void params_set(struct params *p, const char *keyword, const char *value)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->keywords[i], keyword) == 0) {
            p->values[i] = value;
            return;
        }
    }
    if (p->n < PG_PARAMS_MAX) {
        p->keywords[p->n] = keyword;
        p->values[p->n] = value;
        p->n++;
    }
}

static const char *params_get(const struct params *p, const char *keyword)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->keywords[i], keyword) == 0) {
            return p->values[i];
        }
    }
    return NULL;
}

/* libpq's messages end in a line feed and may have several lines: one line for our logs. */
static void flatten(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' ')) {
        text[--n] = '\0';
    }
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t') {
            *at = ' ';
        }
    }
}

static void connection_error(const struct pg *pg, const char *what, struct err *e)
{
    char text[ERR_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s", PQerrorMessage(pg->conn));
    flatten(text);
    err_set(e, ERR_UNAVAILABLE, "%s: %s", what, text);
}

/* Fills e from a failed result, or from the connection when the server said nothing. */
static void result_error(const struct pg *pg, const PGresult *r, const char *what, struct err *e)
{
    const char *sqlstate = r == NULL ? NULL : PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL || sqlstate[0] == '\0') {
        connection_error(pg, what, e);
        return;
    }
    /* Not the DETAIL field: it quotes whole rows, and our texts go to logs. */
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    char text[ERR_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%s", message == NULL ? "" : message);
    flatten(text);
    err_set(e, pg_sqlstate_code(sqlstate), "%s: %s (SQLSTATE %s)", what, text, sqlstate);
    if (e != NULL) {
        (void)snprintf(e->detail, sizeof e->detail, "%s", sqlstate);
    }
}

static void drop_notice(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

/* The keyword "options": ours first, so that the url's own settings win. */
static int options_text(const struct params *p, const char *extra, char *out, size_t size)
{
    const char *own = params_get(p, "options");
    int n = snprintf(out, size, "-c timezone=UTC -c datestyle=ISO %s %s",
                     extra == NULL ? "" : extra, own == NULL ? "" : own);
    return n < 0 || (size_t)n >= size ? -1 : 0;
}

static int params_fill(struct params *p, PQconninfoOption *parsed, const char *application)
{
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        params_set(p, defaults[i].keyword, defaults[i].value);
    }
    params_set(p, "application_name", application);
    for (PQconninfoOption *o = parsed; o->keyword != NULL; o++) {
        if (o->val != NULL && o->val[0] != '\0') {
            params_set(p, o->keyword, o->val);
        }
    }
    return p->n < PG_PARAMS_MAX ? 0 : -1;
}

struct pg *pg_connect(const char *url, const char *application, const char *options, struct err *e)
{
    char *why = NULL;
    PQconninfoOption *parsed = PQconninfoParse(url, &why);
    if (parsed == NULL) {
        PQfreemem(why); /* may quote the url with its password */
        err_set(e, ERR_CONFIG, "connect postgres: the connection URL cannot be parsed");
        return NULL;
    }
    struct params p = {.n = 0};
    char text[PG_OPTIONS_MAX];
    struct pg *pg = NULL;
    if (params_fill(&p, parsed, application) != 0 ||
        options_text(&p, options, text, sizeof text) != 0) {
        err_set(e, ERR_CONFIG, "connect postgres: too many or too long connection options");
        goto done;
    }
    params_set(&p, "options", text);
    p.keywords[p.n] = NULL;
    p.values[p.n] = NULL;
    pg = mem_calloc(1, sizeof *pg);
    pg->conn = PQconnectdbParams(p.keywords, p.values, 0);
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        connection_error(pg, "connect postgres", e);
        pg_close(pg);
        pg = NULL;
        goto done;
    }
    (void)PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
done:
    PQconninfoFree(parsed);
    return pg;
}

void pg_close(struct pg *pg)
{
    if (pg == NULL) {
        return;
    }
    PQfreemem(pg->copied);
    PQfinish(pg->conn);
    mem_free(pg);
}

bool pg_usable(const struct pg *pg)
{
    return PQstatus(pg->conn) == CONNECTION_OK;
}

int pg_backend_pid(const struct pg *pg)
{
    return PQbackendPID(pg->conn);
}

static bool succeeded(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

int pg_exec(struct pg *pg, const char *sql, struct err *e)
{
    PGresult *r = PQexec(pg->conn, sql);
    int rc = 0;
    if (!succeeded(r)) {
        result_error(pg, r, "postgres", e);
        rc = -1;
    }
    PQclear(r);
    return rc;
}

bool pg_rollback(struct pg *pg)
{
    PGresult *r = PQexec(pg->conn, "ROLLBACK");
    bool done = succeeded(r);
    PQclear(r);
    return done;
}

struct pg_result *pg_query(struct pg *pg, const char *sql, size_t n, const char *const *params,
                           struct err *e)
{
    if (n > PG_QUERY_PARAMS_MAX) {
        err_set(e, ERR_LIMIT, "postgres: %zu parameters, at most %d", n, PG_QUERY_PARAMS_MAX);
        return NULL;
    }
    PGresult *r = PQexecParams(pg->conn, sql, (int)n, NULL, params, NULL, NULL, 0);
    if (!succeeded(r)) {
        result_error(pg, r, "postgres", e);
        PQclear(r);
        return NULL;
    }
    return (struct pg_result *)r;
}

size_t pg_rows(const struct pg_result *r)
{
    return (size_t)PQntuples(raw(r));
}

size_t pg_affected(const struct pg_result *r)
{
    /* PQcmdTuples reads only, but its parameter is not const. */
    const char *text = PQcmdTuples((PGresult *)(uintptr_t)r);
    size_t n = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        n = n * 10 + (size_t)(*text - '0');
    }
    return n;
}

const char *pg_value(const struct pg_result *r, size_t row, size_t column)
{
    if (PQgetisnull(raw(r), (int)row, (int)column) != 0) {
        return NULL;
    }
    return PQgetvalue(raw(r), (int)row, (int)column);
}

size_t pg_value_length(const struct pg_result *r, size_t row, size_t column)
{
    return (size_t)PQgetlength(raw(r), (int)row, (int)column);
}

void pg_result_free(struct pg_result *r)
{
    PQclear((PGresult *)r);
}

/* Takes the results that wait; the first failure is kept in e. 0, or -1. */
static int drain(struct pg *pg, int64_t *line, struct err *e)
{
    int rc = 0;
    PGresult *r = PQgetResult(pg->conn);
    for (; r != NULL; r = PQgetResult(pg->conn)) {
        if (!succeeded(r) && rc == 0) {
            result_error(pg, r, "postgres copy", e);
            if (line != NULL) {
                *line = pg_context_line(PQresultErrorField(r, PG_DIAG_CONTEXT));
            }
            rc = -1;
        }
        ExecStatusType status = PQresultStatus(r);
        PQclear(r);
        /* A broken connection can go on answering with the same COPY state for ever. */
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
            break;
        }
    }
    return rc;
}

/* Sends sql and takes results until the COPY state is reached. */
static int copy_begin(struct pg *pg, const char *sql, ExecStatusType wanted, struct err *e)
{
    if (PQsendQuery(pg->conn, sql) == 0) {
        connection_error(pg, "postgres copy", e);
        return -1;
    }
    PGresult *r = PQgetResult(pg->conn);
    for (; r != NULL; r = PQgetResult(pg->conn)) {
        ExecStatusType status = PQresultStatus(r);
        if (status == wanted) {
            PQclear(r);
            return 0;
        }
        if (!succeeded(r)) {
            result_error(pg, r, "postgres copy", e);
            PQclear(r);
            (void)drain(pg, NULL, NULL);
            return -1;
        }
        PQclear(r);
    }
    err_set(e, ERR_DENIED, "postgres copy: the statement is no COPY");
    return -1;
}

int pg_copy_in_begin(struct pg *pg, const char *sql, struct err *e)
{
    return copy_begin(pg, sql, PGRES_COPY_IN, e);
}

int pg_copy_in_put(struct pg *pg, const void *p, size_t n, struct err *e)
{
    const char *at = p;
    while (n > 0) {
        size_t piece = n < INT32_MAX ? n : INT32_MAX;
        if (PQputCopyData(pg->conn, at, (int)piece) != 1) {
            connection_error(pg, "postgres copy", e);
            return -1;
        }
        at += piece;
        n -= piece;
    }
    return 0;
}

int pg_copy_in_end(struct pg *pg, int64_t *line, struct err *e)
{
    *line = -1;
    if (PQputCopyEnd(pg->conn, NULL) != 1) {
        connection_error(pg, "postgres copy", e);
        return -1;
    }
    return drain(pg, line, e);
}

int pg_copy_out_begin(struct pg *pg, const char *sql, struct err *e)
{
    return copy_begin(pg, sql, PGRES_COPY_OUT, e);
}

int64_t pg_copy_out_get(struct pg *pg, const char **p, struct err *e)
{
    PQfreemem(pg->copied);
    pg->copied = NULL;
    int n = PQgetCopyData(pg->conn, &pg->copied, 0);
    if (n > 0) {
        *p = pg->copied;
        return n;
    }
    if (n == -2) {
        connection_error(pg, "postgres copy", e);
        return -1;
    }
    return drain(pg, NULL, e);
}

/*
 * One PostgreSQL connection (libpq), blocking, used by one thread at a time. SQLSTATE classes
 * decide what a failure means; err.detail carries the SQLSTATE, err.retriable says "same again
 * later".
 */
#ifndef TIDEGATE_IO_PG_H
#define TIDEGATE_IO_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

struct pg;
struct pg_result;

/* url: postgresql://… or key=value text of libpq. Sets application_name, client_encoding UTF8,
 * timezone UTC, connect_timeout 5 s, TCP keepalives, tcp_user_timeout 30 s unless the url says
 * otherwise; options is added as "-c name=value …" or NULL. NULL with e (no password in the text).
 * Blocks up to the connect timeout per host. */
struct pg *pg_connect(const char *url, const char *application, const char *options,
                      struct err *e) MUST_CHECK;
void pg_close(struct pg *pg); /* NULL is allowed */

/* False after the connection broke: every further call fails until the caller connects anew. */
bool pg_usable(const struct pg *pg);
int pg_backend_pid(const struct pg *pg);

/* Runs one or more statements without parameters and without COPY; rows are dropped. 0, or -1 with
 * e. */
int pg_exec(struct pg *pg, const char *sql, struct err *e) MUST_CHECK;

/* Ends a failed transaction. False when the connection is gone. */
bool pg_rollback(struct pg *pg);

/* One statement with n text parameters (NULL entry: SQL NULL). NULL with e; caller frees. */
struct pg_result *pg_query(struct pg *pg, const char *sql, size_t n, const char *const *params,
                           struct err *e) MUST_CHECK;
size_t pg_rows(const struct pg_result *r);
size_t pg_affected(const struct pg_result *r);
/* Text of a cell, NULL for SQL NULL; borrowed from r. */
const char *pg_value(const struct pg_result *r, size_t row, size_t column);
size_t pg_value_length(const struct pg_result *r, size_t row, size_t column);
void pg_result_free(struct pg_result *r); /* NULL is allowed */

/* COPY … FROM STDIN: begin with the statement (others may stand before it in the same text:
 * "BEGIN; COPY …"), put bytes in pieces of 32 KiB or more, end. A failure of the server shows in
 * end at the latest, also when put failed first (call end then too); *line gets the input line that
 * its context names, -1 when it names none. All 0, or -1 with e. */
int pg_copy_in_begin(struct pg *pg, const char *sql, struct err *e) MUST_CHECK;
int pg_copy_in_put(struct pg *pg, const void *p, size_t n, struct err *e) MUST_CHECK;
int pg_copy_in_end(struct pg *pg, int64_t *line, struct err *e) MUST_CHECK;

/* COPY … TO STDOUT: begin, then get until it returns 0. get: bytes of one piece (*p is valid until
 * the next call), 0 at the end, -1 with e. */
int pg_copy_out_begin(struct pg *pg, const char *sql, struct err *e) MUST_CHECK;
int64_t pg_copy_out_get(struct pg *pg, const char **p, struct err *e) MUST_CHECK;

/* What a failure means for a batch, from e.detail (SQLSTATE) and e.code. */
enum pg_failure {
    PG_FAILURE_DATA,      /* 22, 23, 54: some row's content is refused */
    PG_FAILURE_TRANSIENT, /* connection, shutdown, serialisation, resources: whole batch again */
    PG_FAILURE_OPERATOR   /* schema, permission, authentication: stop and call a person */
};
enum pg_failure pg_failure_class(const struct err *e);

/* Quoted SQL identifier ("my""table") into out. 0, or -1 when it does not fit. */
int pg_quote_ident(const char *name, char *out, size_t size) MUST_CHECK;

/* Quoted SQL text constant ('it''s'; E'…' when it holds a backslash) into out. 0, or -1 when it
 * does not fit. */
int pg_quote_literal(const char *text, char *out, size_t size) MUST_CHECK;

/* The input line that a COPY error's context names ("COPY t, line 7, column c": 7) in any language
 * of the server; -1 when there is none. context may be NULL. */
int64_t pg_context_line(const char *context);

/* The err_code of an SQLSTATE; NULL or "": ERR_UNAVAILABLE, the connection broke. */
enum err_code pg_sqlstate_code(const char *sqlstate);

#endif

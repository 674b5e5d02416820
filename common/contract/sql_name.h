/*
 * Names that a contract gives to tables and columns.
 */
#ifndef TIDEGATE_CONTRACT_SQL_NAME_H
#define TIDEGATE_CONTRACT_SQL_NAME_H

/* A table's name leaves room for "_p2026112104" and the names of its indexes within PostgreSQL's 63
 * bytes. */
#define SQL_TABLE_MAX 40
#define SQL_COLUMN_MAX 63

/* NULL when name may be used unquoted, else why not. Pure. */
const char *sql_column_refusal(const char *name);
const char *sql_table_refusal(const char *name);

#endif

/*
 * A contract: one JSON Schema 2020-12 file in a closed subset plus x- keywords, compiled once into
 * a flat plan of rules and columns. Immutable after loading: any thread may read it.
 */
#ifndef TIDEGATE_CONTRACT_CONTRACT_H
#define TIDEGATE_CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"

#define CONTRACT_NAME_MAX 64 /* [a-z][a-z0-9-]* */
#define CONTRACT_COLUMNS_MAX 200
#define CONTRACT_DEVICE_MAX 128 /* bytes of a device id */
#define CONTRACT_ID_MAX 128     /* bytes of a client's event id */

struct contract;

enum column_type {
    COLUMN_REAL,
    COLUMN_FLOAT8,
    COLUMN_INT2,
    COLUMN_INT4,
    COLUMN_INT8,
    COLUMN_BOOL,
    COLUMN_TEXT,
    COLUMN_TIMESTAMPTZ,
    COLUMN_UUID
};

/* A typed column that a property of the contract fills (x-column). The fixed columns of every table
 * (event_time, received_at, koff, tenant, device, event_id, kpart, flags, extra) are not listed. */
struct contract_column {
    const char *name;    /* last step of the pointer; a plain SQL identifier */
    const char *pointer; /* RFC 6901 */
    enum column_type type;
    bool rollup; /* x-rollup */
    bool pii;    /* x-pii */
    struct {     /* x-anomaly; absent parts are NaN */
        double low, high, max_step, zscore;
    } anomaly;
};

/* SQL name of a type: "real", "double precision", "timestamptz", … */
const char *column_type_sql(enum column_type type);

/* Reads and compiles a file; its name without .json is the contract's name. NULL with e
 * (ERR_CONFIG: "file: pointer: reason"). Caller frees. Blocks on the file. */
struct contract *contract_load(const char *path, struct err *e) MUST_CHECK;

/* The same from memory; origin is named in errors. */
struct contract *contract_compile(const char *origin, const char *name, struct str json,
                                  struct err *e) MUST_CHECK;

void contract_free(struct contract *c); /* NULL is allowed */

const char *contract_name(const struct contract *c);
int64_t contract_version(const struct contract *c);   /* x-version, 1 when absent */
const char *contract_topic(const struct contract *c); /* x-topic, or NULL: <prefix>.<name> */
const char *contract_table(const struct contract *c); /* x-table, else name with - as _ */
/* RFC 6901, of x-device. */
const char *contract_device_pointer(const struct contract *c);
const char *contract_title(const struct contract *c); /* or NULL */
struct str contract_source(const struct contract *c); /* the file's bytes */
const struct contract_column *contract_columns(const struct contract *c, size_t *n);

/* Number of places of an event that have a rule, after expanding $ref. */
size_t contract_rules(const struct contract *c);

/* All contracts of a folder (*.json), sorted by name. */
struct contract_set {
    struct contract **items;
    size_t n;
};

/* 0, or -1 with e: no file, a file that does not compile, two with one topic or one table. */
int contract_set_load(const char *dir, struct contract_set *set, struct err *e) MUST_CHECK;
void contract_set_release(struct contract_set *set);
/* NULL when there is none of that name. Borrowed from set. */
const struct contract *contract_set_find(const struct contract_set *set, struct str name);

/* Writes the topic's name: x-topic or "<prefix>.<name>". 0, or -1 when it does not fit. */
int contract_topic_name(const struct contract *c, const char *prefix, char *out,
                        size_t size) MUST_CHECK;

/* What changed from older to newer. */
enum contract_change {
    CONTRACT_SAME,       /* same rules and columns */
    CONTRACT_COMPATIBLE, /* every event valid before is valid now, columns only added */
    CONTRACT_BREAKING
};

/* Appends one line per difference ("breaking: /payload/soc: maximum 100 -> 90") to report. */
enum contract_change contract_diff(const struct contract *older, const struct contract *newer,
                                   struct buf *report);

#endif

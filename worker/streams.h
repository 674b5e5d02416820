/*
 * The streams that a worker carries: each contract with its topic and its table. Immutable after
 * loading: any thread may read.
 */
#ifndef TIDEGATE_WORKER_STREAMS_H
#define TIDEGATE_WORKER_STREAMS_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/contract/contract.h"

#define STREAM_TOPIC_SIZE 250 /* Kafka: 249 characters */
#define STREAM_TABLE_MAX 53   /* bytes: a leaf's name adds 10 and PostgreSQL allows 63 */
#define STREAM_IDENT_SIZE 112 /* a quoted name: every byte of it a quote, two more, terminator */

struct stream {
    const struct contract *contract; /* borrowed from the set */
    struct str name;                 /* the contract's */
    char topic[STREAM_TOPIC_SIZE];
    char table[STREAM_TABLE_MAX + 1];
    char *copy_sql; /* COPY … FROM STDIN with the columns in the order of row_encode */
};

struct streams {
    struct contract_set contracts;
    struct stream *items;
    size_t n;
};

/* Reads every contract of dir. 0, or -1 with e. Caller releases. Blocks on files. */
int streams_load(const char *dir, const char *topic_prefix, struct streams *out,
                 struct err *e) MUST_CHECK;
void streams_release(struct streams *s);

#endif

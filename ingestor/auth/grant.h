/*
 * What a verified token grants, in one block of memory, reference counted: a cache entry and any
 * number of requests may hold it. It never changes once made. Thread: any; nothing blocks.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_GRANT_H
#define TIDEGATE_INGESTOR_AUTH_GRANT_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "ingestor/auth/principal.h"

struct grant {
    atomic_uint refs;           /* grant_ref, grant_unref */
    int64_t expires_s;          /* Unix time, leeway included: worthless from here on */
    struct principal principal; /* id is the token's subject; its texts live in the grant */
};

/* Copies the texts; one reference. Caller gives it back by grant_unref. */
struct grant *grant_new(const struct grant *values) MUST_CHECK;
/* One more reference; returns g. */
struct grant *grant_ref(struct grant *g) MUST_CHECK;
void grant_unref(struct grant *g); /* NULL is allowed */

/* Bytes of its block. */
size_t grant_bytes(const struct grant *g);

#endif

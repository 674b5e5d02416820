/*
 * When to fetch a key set again. Thread: one. Pure: monotonic time and random numbers are
 * arguments.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_JWKS_SCHEDULE_H
#define TIDEGATE_INGESTOR_AUTH_JWKS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

#define JWKS_REFRESH_MIN_S 300      /* what the server's max-age is raised to */
#define JWKS_REFRESH_MAX_S 86400    /* and cut to: a key that was withdrawn ends within a day */
#define JWKS_EARLY_GAP_S 60         /* between tries that unknown kids ask for */
#define JWKS_RETRY_MAX_WITHOUT_S 30 /* between failed tries while there are no keys at all */
#define JWKS_RETRY_MAX_WITH_S 300   /* and while there are */

struct jwks_schedule {
    int64_t refresh_s; /* between fetches when the server gives no max-age */
    int64_t tried_ns;  /* the last try's begin */
    int64_t next_ns;   /* the next regular try */
    unsigned failures; /* in a row */
    bool loaded;       /* there are keys */
    bool tried;
    bool wanted; /* somebody met a kid that we do not know */
};

/* refresh_s is put within the bounds above; the first try is due at once. */
void jwks_schedule_init(struct jwks_schedule *s, int64_t refresh_s);

/* When the next try is due. */
int64_t jwks_schedule_due_ns(const struct jwks_schedule *s);

/* A try begins. Takes back what was wanted: this try answers it. */
void jwks_schedule_begin(struct jwks_schedule *s, int64_t now_ns);

/* It ended. max_age_s: of the answer, -1 without. random: any well mixed number. */
void jwks_schedule_succeeded(struct jwks_schedule *s, int64_t now_ns, int64_t max_age_s);
void jwks_schedule_failed(struct jwks_schedule *s, int64_t now_ns, uint64_t random);

/* The seconds of max-age in a Cache-Control value (RFC 9111 section 5.2.2.1), 0 for no-cache and
 * no-store, -1 when there is none; the smallest of several. */
int64_t jwks_max_age_s(struct str cache_control);

#endif

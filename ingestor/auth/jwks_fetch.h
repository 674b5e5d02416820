/*
 * Reads a key set's text from a file or over HTTP.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_JWKS_FETCH_H
#define TIDEGATE_INGESTOR_AUTH_JWKS_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"

/* Whether a location is meant as a URL: it has a scheme. Pure. */
bool jwks_is_url(const char *location);

/* 0 when the URL may be fetched: https, or http to this machine (localhost, 127.0.0.0/8, [::1]); no
 * user or password in it. Else -1 with e (ERR_CONFIG). Thread: any; nothing blocks. */
int jwks_check_url(const char *url, struct err *e) MUST_CHECK;

struct jwks_fetch {
    const char *url;
    const char *ca_file;      /* PEM certificates to trust instead of the system's; NULL: those */
    int64_t timeout_ms;       /* for the whole exchange */
    const _Atomic bool *stop; /* true: give up soon; may be NULL */
};

/* GET by the rules of jwks_check_url; no redirect is followed. 0 with a 200's content in body (its
 * limit is the cap) and *max_age_s from Cache-Control (-1: none), else -1 with e. Thread: any; the
 * program has called curl_global_init (jwks_source_new does). Blocks up to timeout_ms. */
int jwks_fetch(const struct jwks_fetch *f, struct buf *body, int64_t *max_age_s,
               struct err *e) MUST_CHECK;

/* The whole file into body (its limit is the cap). 0, or -1 with e. Blocks on the file. */
int jwks_read_file(const char *path, struct buf *body, struct err *e) MUST_CHECK;

#endif

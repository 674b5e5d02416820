/*
 * Where the verification keys come from: a file, read at start and at each reload, or a URL, kept
 * fresh by a thread of its own. The last good set stays in force whatever fails later.
 *
 * A user thread keeps its own reference to a set and compares generations, one atomic load, to
 * learn that there is a newer one: struct jwks_view.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_JWKS_SOURCE_H
#define TIDEGATE_INGESTOR_AUTH_JWKS_SOURCE_H

#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "ingestor/auth/keyset.h"

struct jwks_source;

struct jwks_options {
    const char *location; /* path, or URL as jwks_check_url allows */
    const char *ca_file;  /* for https: PEM to trust instead of the system's; NULL: those */
    enum jwa_alg rsa_alg; /* of RSA keys without "alg" */
    int64_t refresh_s;    /* URL: between fetches when the answer has no max-age */
    int64_t timeout_ms;   /* URL: of one fetch */
};

struct jwks_stats {
    uint64_t loads;    /* good sets taken over */
    uint64_t failures; /* tries that gave none */
    size_t keys;       /* in the set in force */
    int64_t loaded_ns; /* monotonic time of the last load; 0: never */
};

/* File: loads it (HMAC secrets allowed, any broken key refuses it); NULL with e when that fails.
 * URL: starts the thread and returns at once; secrets are skipped, broken keys left out. NULL with
 * e when the URL is not allowed or the system refuses. Copies the options. Thread: main, before
 * others start (libcurl's global state). Blocks on the file. */
struct jwks_source *jwks_source_new(const struct jwks_options *options, struct err *e) MUST_CHECK;
/* Ends the thread: up to a second while a fetch is under way. Every view was released. NULL is
 * allowed. */
void jwks_source_free(struct jwks_source *s);

/* The set that a file source would load now, one reference; for a reload that is all or nothing:
 * load, check the rest, publish. NULL with e. Thread: any. Blocks on the file. */
struct keyset *jwks_source_load_file(const struct jwks_options *options, struct err *e) MUST_CHECK;
/* Puts a set in force; takes the reference over. Thread: any. */
void jwks_source_publish(struct jwks_source *s, struct keyset *set);

/* SIGHUP: file: load and publish; URL: fetch soon, but not within a minute of the last try. 0, or
 * -1 with e and the old set in force. Thread: any. Blocks on the file. */
int jwks_source_reload(struct jwks_source *s, struct err *e) MUST_CHECK;

/* A token names a kid that the set has not: fetch early, at most once a minute however often this
 * is called. A file source ignores it. Thread: any; nothing blocks but a short lock. */
void jwks_source_want(struct jwks_source *s);

void jwks_source_stats(struct jwks_source *s, struct jwks_stats *out); /* Thread: any. */

/* One thread's view of the source; zeroed memory is a view that has seen nothing. */
struct jwks_view {
    struct keyset *set;  /* NULL until there are keys */
    uint64_t generation; /* 0 until then, then rising */
};

/* Brings the view up to date. Thread: the view's. A relaxed look when nothing is new. */
void jwks_view_update(struct jwks_view *v, struct jwks_source *s);
void jwks_view_release(struct jwks_view *v);

#endif

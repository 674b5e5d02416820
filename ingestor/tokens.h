/*
 * From the section auth of the configuration to what the http threads verify tokens with.
 * Thread: main, unless a function says otherwise.
 */
#ifndef TIDEGATE_INGESTOR_TOKENS_H
#define TIDEGATE_INGESTOR_TOKENS_H

#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "ingestor/http/loop.h"
#include "ingestor/service.h"

/* The rules that the configuration sets; borrows its texts. Pure. */
struct jwt_rules tokens_rules(const struct ingestor_conf *conf);

/* What needs neither threads nor the network: sets s->jwt; loads a key file into s->jwks, or looks
 * whether a URL is allowed. Nothing without auth.jwks. 0, or -1 with e. Blocks on the file. The
 * caller ends s->jwks with jwks_source_free, in either case and after the loops. */
int tokens_prepare(struct service *s, struct err *e) MUST_CHECK;

/* Begins to fetch a URL, and lets every loop take tokens. Before the loops run. 0, or -1 with e. */
int tokens_start(struct service *s, struct loop *const *loops, size_t n, struct err *e) MUST_CHECK;

/* SIGHUP: a key file is read again, a URL fetched soon. Logs what came of it; when it failed the
 * old keys stay in force. Blocks on the file. */
void tokens_reload(struct service *s);

/* Keys in force, 0 without auth.jwks. Thread: any. */
size_t tokens_keys(const struct service *s);

/* Sets the gauges of the key set. Thread: any. */
void tokens_measure(struct service *s);

#endif

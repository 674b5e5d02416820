/*
 * Which devices a credential may speak for: patterns separated by single spaces, any of which may
 * fit the whole name. In a pattern '*' stands for any bytes (none, too), '?' for exactly one byte,
 * everything else for itself. Thread: any. Pure.
 */
#ifndef TIDEGATE_INGESTOR_AUTH_DEVICE_SCOPE_H
#define TIDEGATE_INGESTOR_AUTH_DEVICE_SCOPE_H

#include <stdbool.h>

#include "common/base/str.h"

#define DEVICE_SCOPE_MAX 1024 /* bytes of all patterns of one credential */

/* Whether the text is one that device_scope_allows takes: at most DEVICE_SCOPE_MAX bytes, no
 * control character, no empty pattern; the empty text is one. */
bool device_scope_valid(struct str scope);

/* scope.p NULL: every device; empty: none. Time is bounded by scope.n times device.n. */
bool device_scope_allows(struct str scope, struct str device);

#endif

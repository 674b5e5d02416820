/*
 * The key of a record, "tenant\x1fdevice", and cleaning of texts that came from outside. Pure.
 */
#ifndef TIDEGATE_WORKER_CONSUME_KEY_H
#define TIDEGATE_WORKER_CONSUME_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

#define KEY_SEPARATOR '\x1f'
#define KEY_TENANT_MAX 128 /* bytes */
#define KEY_MAX 257        /* tenant, separator, device of CONTRACT_DEVICE_MAX */

/* Splits key. false when it is none: no separator, an empty or too long part, a tenant that is not
 * printable UTF-8. The device is not looked at further: it must equal the event's own. */
bool key_split(struct str key, struct str *tenant, struct str *device);

/* Valid UTF-8 (RFC 3629) without control characters? */
bool text_is_printable(struct str s);

/* Copies at most size - 1 bytes of s to out as valid UTF-8 without NUL: what is none becomes '?'; a
 * character is never cut. Returns the length. */
size_t text_clean(struct str s, char *out, size_t size);

#endif

/*
 * The event id: a pure function, the same in ingestor, worker and load generator (design section
 * 2).
 */
#ifndef TIDEGATE_CONTRACT_EVENT_ID_H
#define TIDEGATE_CONTRACT_EVENT_ID_H

#include <stdint.h>

#include "common/base/str.h"
#include "common/contract/event.h"

/* client_id given: a UUID keeps its 16 bytes (any case); another text becomes a UUIDv8 (RFC 9562
 * section 5.8) from XXH3-128 of contract, tenant, device and the text. No client_id: UUIDv8 from
 * XXH3-128 of contract, tenant and the event's bytes. Parts are hashed with their lengths. */
void event_id_make(struct str contract, struct str tenant, struct str device, struct str client_id,
                   struct str bytes, uint8_t id[EVENT_ID_SIZE]);

#define EVENT_ID_TEXT_SIZE 37 /* with terminator */
/* Canonical lower-case text. */
void event_id_format(const uint8_t id[EVENT_ID_SIZE], char out[EVENT_ID_TEXT_SIZE]);
/* Canonical form, either case. 0, or -1 when it is no UUID. */
int event_id_parse(struct str s, uint8_t id[EVENT_ID_SIZE]) MUST_CHECK;

#endif

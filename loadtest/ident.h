/*
 * The id of a generated event: a UUIDv8 (RFC 9562 section 5.8) whose 122 free bits are the run
 * (64), the device index (26) and the sequence number of the device (32). So the ledger needs not
 * store ids, and all rows of one run lie between two UUIDs.
 *
 * Text: rrrrrrrr-rrrr-8rrr-vddd-ddddssssssss; v holds two bits of the variant, of the run and of
 * the device. Pure functions.
 */
#ifndef TIDEGATE_LOADTEST_IDENT_H
#define TIDEGATE_LOADTEST_IDENT_H

#include <stdbool.h>
#include <stdint.h>

#define IDENT_SIZE 16
#define IDENT_TEXT 36                         /* bytes, without terminator */
#define IDENT_DEVICES_MAX (UINT32_C(1) << 26) /* device < this */
#define IDENT_RUN_TEXT 18                     /* leading bytes that name the run to 60 bits */

void ident_make(uint64_t run, uint32_t device, uint32_t seq, uint8_t id[IDENT_SIZE]);

/* False when the id is none of this run. */
bool ident_parse(uint64_t run, const uint8_t id[IDENT_SIZE], uint32_t *device, uint32_t *seq);

/* Canonical lower-case text of any id; not terminated. */
void ident_text(const uint8_t id[IDENT_SIZE], char text[IDENT_TEXT]);

/* Hot path: text holds the text of any id of this run (ident_text); device and seq are replaced. */
void ident_patch(char text[IDENT_TEXT], uint64_t run, uint32_t device, uint32_t seq);

#endif

/*
 * Bit layout of the ids. The last four bits of the run share byte 8 with the variant and the two
 * highest bits of the device.
 */
#include "loadtest/ident.h"

#include <assert.h>
#include <string.h>

#define VERSION_BITS 0x80u
#define VARIANT_BITS 0x80u

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(char *p, unsigned byte)
{
    p[0] = hex_digits[(byte >> 4) & 15u];
    p[1] = hex_digits[byte & 15u];
}

static uint8_t byte_8(uint64_t run, uint32_t device)
{
    return (uint8_t)(VARIANT_BITS | ((unsigned)(run & 15u) << 2) | ((device >> 24) & 3u));
}

void ident_make(uint64_t run, uint32_t device, uint32_t seq, uint8_t id[IDENT_SIZE])
{
    assert(device < IDENT_DEVICES_MAX);
    for (unsigned i = 0; i < 6; i++) {
        id[i] = (uint8_t)(run >> (56 - 8 * i));
    }
    id[6] = (uint8_t)(VERSION_BITS | ((run >> 12) & 15u));
    id[7] = (uint8_t)(run >> 4);
    id[8] = byte_8(run, device);
    id[9] = (uint8_t)(device >> 16);
    id[10] = (uint8_t)(device >> 8);
    id[11] = (uint8_t)device;
    for (unsigned i = 0; i < 4; i++) {
        id[12 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
}

bool ident_parse(uint64_t run, const uint8_t id[IDENT_SIZE], uint32_t *device, uint32_t *seq)
{
    uint8_t first[IDENT_SIZE];
    ident_make(run, 0, 0, first);
    if (memcmp(id, first, 8) != 0 || (id[8] & 0xfcu) != first[8]) {
        return false;
    }
    *device = ((uint32_t)(id[8] & 3u) << 24) | ((uint32_t)id[9] << 16) | ((uint32_t)id[10] << 8) |
              (uint32_t)id[11];
    *seq = ((uint32_t)id[12] << 24) | ((uint32_t)id[13] << 16) | ((uint32_t)id[14] << 8) |
           (uint32_t)id[15];
    return true;
}

void ident_text(const uint8_t id[IDENT_SIZE], char text[IDENT_TEXT])
{
    unsigned at = 0;
    for (unsigned i = 0; i < IDENT_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        put_hex(text + at, id[i]);
        at += 2;
    }
}

void ident_patch(char text[IDENT_TEXT], uint64_t run, uint32_t device, uint32_t seq)
{
    put_hex(text + 19, byte_8(run, device));
    put_hex(text + 21, device >> 16);
    put_hex(text + 24, device >> 8);
    put_hex(text + 26, device);
    put_hex(text + 28, seq >> 24);
    put_hex(text + 30, seq >> 16);
    put_hex(text + 32, seq >> 8);
    put_hex(text + 34, seq);
}

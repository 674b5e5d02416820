/*
 * The bytes of the ledger file, shared by its writer and its reader only.
 */
#ifndef TIDEGATE_LOADTEST_LEDGER_FORMAT_H
#define TIDEGATE_LOADTEST_LEDGER_FORMAT_H

#include <stdint.h>

#include "loadtest/ledger.h"

#define LEDGER_MAGIC "TGLEDGER"
#define LEDGER_ORDER UINT32_C(0x01020304)       /* reads differently in the other byte order */
#define LEDGER_BLOCK_MAGIC UINT32_C(0x4b424754) /* "TGBK" */

enum ledger_block_kind { LEDGER_BLOCK_DATA = 1, LEDGER_BLOCK_END = 2 };

struct ledger_file_header {
    char magic[8];
    uint32_t order;
    uint32_t version;
    struct ledger_run run;
    uint64_t checksum; /* of everything before it */
};

struct ledger_block_header {
    uint32_t magic;
    uint32_t kind;
    uint32_t n; /* records */
    uint32_t reserved;
    int64_t first_event_us;
    int64_t last_event_us;
    uint64_t checksum; /* of the header before it, then of the records */
};

/* ack_us, class and the mark "invalid" share eight bytes: 2^56 us are 2,283 years. */
struct ledger_file_record {
    uint64_t digest;
    uint64_t ack_and_class; /* ack_us << 8 | invalid << 7 | class */
    uint32_t device;
    uint32_t seq;
};

#define LEDGER_INVALID_BIT UINT64_C(0x80)

_Static_assert(sizeof(struct ledger_file_header) <= LEDGER_HEADER_SIZE, "header fits");
_Static_assert(sizeof(struct ledger_block_header) == 40, "no padding");
_Static_assert(sizeof(struct ledger_file_record) == 24, "no padding");

uint64_t ledger_header_checksum(const struct ledger_file_header *h);
uint64_t ledger_block_checksum(const struct ledger_block_header *h, const void *records);

#endif

/*
 * What the contracts' event writers share: pieces of text, the time stamp, the fleet.
 */
#ifndef TIDEGATE_LOADTEST_PAYLOAD_INTERNAL_H
#define TIDEGATE_LOADTEST_PAYLOAD_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "loadtest/digest.h"
#include "loadtest/ident.h"
#include "loadtest/payload.h"
#include "loadtest/simulator.h"

struct payload_device {
    struct simulator_vehicle vehicle;
    uint32_t seq; /* of the next event */
};

/* One contract's shape. */
struct payload_shape {
    const char *contract;
    const char *device_prefix;
    const struct ledger_column *columns;
    uint32_t n_columns;
    char *(*write)(struct payload *p, const struct simulator_sample *s, enum payload_flaw flaw,
                   char *out);
};

extern const struct payload_shape payload_vehicle;
extern const struct payload_shape payload_sensor;

struct payload {
    const struct payload_shape *shape;
    uint64_t run;
    uint32_t n;
    size_t prefix_n; /* bytes of the device prefix */
    struct payload_device *devices;
    /* the event that is being written */
    struct simulator_sample sample;
    char id[IDENT_TEXT];
    char time[24];       /* "2026-11-21T04:09:00.123Z" */
    int64_t time_second; /* the second that time shows */
    char name[32];       /* device */
    size_t name_n;
    uint32_t device;
    uint32_t seq;
    struct digest digest;
};

#define PAYLOAD_PUT(out, literal) payload_put_n(out, literal, sizeof(literal) - 1)

static inline char *payload_put_n(char *out, const char *p, size_t n)
{
    memcpy(out, p, n);
    return out + n;
}

/* ,"timestamp":"…" or a text that is no time. */
char *payload_put_time(const struct payload *p, enum payload_flaw flaw, char *out);

/* x * 10^decimals to the nearest whole number. */
int64_t payload_scaled(double x, unsigned decimals);

#endif

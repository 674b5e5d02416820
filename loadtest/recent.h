/*
 * What the thread that follows the table needs to know from the load thread, without a lock: how
 * many events were accepted in each second of event time, and when the last accepted events of a
 * sample of vehicles were acknowledged. The second part is a fixed ring: an entry that is
 * overwritten before it is asked for is lost, which costs one sample.
 */
#ifndef TIDEGATE_LOADTEST_RECENT_H
#define TIDEGATE_LOADTEST_RECENT_H

#include <stdint.h>

#include "common/base/compiler.h"

struct recent;

#define RECENT_SECONDS (UINT32_C(1) << 17) /* a day and a half; then the counts begin anew */

/* Acknowledgements of the vehicles below devices are kept. */
struct recent *recent_new(uint32_t devices) MUST_CHECK;
void recent_free(struct recent *r); /* NULL is allowed */

uint32_t recent_devices(const struct recent *r);

struct recent_event {
    int64_t event_us; /* Unix, as in the event */
    int64_t ack_us;
    uint32_t device;
    uint32_t seq;
};

/* An event was accepted. Thread: load. */
void recent_put(struct recent *r, const struct recent_event *ev);

/* No event with an event time (Unix us) before this is still to be answered. Thread: load. */
void recent_set_open(struct recent *r, int64_t event_us);
/* The last value set, 0 before. Thread: any. */
int64_t recent_open(const struct recent *r);

/* Events accepted with an event time in this second (Unix). Thread: any. */
uint32_t recent_accepted(const struct recent *r, int64_t second);
/* That second is done with. Thread: one reader. */
void recent_forget(struct recent *r, int64_t second);

/* Wall clock of the acknowledgement, taken out of the ring; -1 when it is not there. Thread: one
 * reader. */
int64_t recent_take(struct recent *r, uint32_t device, uint32_t seq) MUST_CHECK;

#endif

/*
 * The order in which the rows of a table go to COPY: by device, as they came within a device. Pages
 * then hold few devices each, which is what BRIN(device) needs. Pure.
 */
#ifndef TIDEGATE_WORKER_LOAD_ORDER_H
#define TIDEGATE_WORKER_LOAD_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "worker/consume/batch.h"

struct order {
    uint32_t *rows; /* numbers in the table's index */
    size_t n;
    size_t cap;
    uint32_t *starts; /* scratch: one per rank */
    size_t n_starts;
};

void order_init(struct order *o);
void order_release(struct order *o);

/* Counting sort by the devices' ranks (devices_rank must have run); refused rows are left out. */
void order_build(struct order *o, const struct batch_table *t, const struct devices *d);

#endif

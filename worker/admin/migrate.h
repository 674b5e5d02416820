/*
 * `worker migrate`: brings the tables in line with the contracts. Additive only; what would lose or
 * rewrite data is refused with the statement that a person would have to run. May run again and
 * beside running workers.
 */
#ifndef TIDEGATE_WORKER_ADMIN_MIGRATE_H
#define TIDEGATE_WORKER_ADMIN_MIGRATE_H

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "worker/admin/upkeep.h"

/* Creates and extends everything in one transaction, then makes the partitions. report gets a line
 * per change. 0, or -1 with e: nothing was changed (partitions apart). Blocks on the network. */
int migrate(const struct upkeep_options *options, struct buf *report, struct err *e) MUST_CHECK;

#endif

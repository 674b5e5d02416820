/*
 * `worker topics`: creates the Kafka topics of the contracts and "<prefix>.rejected" where they are
 * missing.
 */
#ifndef TIDEGATE_WORKER_ADMIN_TOPICS_H
#define TIDEGATE_WORKER_ADMIN_TOPICS_H

#include "common/base/buf.h"
#include "common/base/compiler.h"
#include "common/base/err.h"
#include "worker/conf.h"
#include "worker/streams.h"

/* report gets a line per topic; one with fewer partitions than asked is only told. Nothing is sent
 * that changes the cluster when all exist. 0, or -1 with e. Blocks on the network. */
int topics_ensure(const struct worker_conf *conf, const struct streams *streams, struct buf *report,
                  struct err *e) MUST_CHECK;

#endif

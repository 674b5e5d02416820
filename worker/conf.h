/*
 * The worker's configuration: worker/conf.def as a struct.
 */
#ifndef TIDEGATE_WORKER_CONF_H
#define TIDEGATE_WORKER_CONF_H

#include "common/base/err.h"
#include "common/config/conf_table.h"

struct worker_conf {
#define CONF CONF_FIELD
#include "worker/conf.def"
#undef CONF
};

extern const struct conf_spec worker_conf_spec;

/* What the table cannot say: combinations. values is a struct worker_conf. 0, or -1 with e. Pure.
 */
int worker_conf_check(const void *values, const struct conf_list *lists, struct err *e) MUST_CHECK;

#endif

/*
 * The running ingestor: builds its parts in order, watches them, takes them down in reverse.
 */
#ifndef TIDEGATE_INGESTOR_APP_H
#define TIDEGATE_INGESTOR_APP_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/config/conf.h"
#include "ingestor/conf.h"

/* What the configuration names: contracts, default contract, keys, and the combinations of values.
 * 0, or -1 with e (ERR_CONFIG). Blocks on files. Thread: main. */
int app_check(const struct ingestor_conf *conf, const struct conf_list *lists,
              struct err *e) MUST_CHECK;

/* Serves until a stop signal, then drains. 0, or -1 with e when it could not start: ERR_CONFIG, or
 * what the system refused. Thread: main. */
int app_run(const struct ingestor_conf *conf, const struct conf_list *lists,
            struct err *e) MUST_CHECK;

#endif

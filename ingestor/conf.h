/*
 * Configuration of the ingestor: the keys of conf.def as a struct, and the list api_keys.
 */
#ifndef TIDEGATE_INGESTOR_CONF_H
#define TIDEGATE_INGESTOR_CONF_H

#include "common/base/compiler.h"
#include "common/base/err.h"
#include "common/config/conf.h"
#include "common/config/conf_table.h"

struct ingestor_conf {
#define CONF CONF_FIELD
#include "ingestor/conf.def"
#undef CONF
};

extern const struct conf_spec ingestor_conf_spec;

/* Lists of the file by index. */
enum { INGESTOR_LIST_API_KEYS, INGESTOR_LISTS };

/* Fields of an api_keys record by index. */
enum {
    API_KEY_ID,
    API_KEY_SHA256,
    API_KEY_TENANT,
    API_KEY_PERMISSIONS,
    API_KEY_DEVICES,
    API_KEY_FIELDS
};

/* What no single bound can say. 0, or -1 with e (ERR_CONFIG). Pure. */
int ingestor_conf_check(const struct ingestor_conf *conf, struct err *e) MUST_CHECK;

#endif

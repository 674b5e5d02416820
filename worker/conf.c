#include "worker/conf.h"

#define CONF_STRUCT struct worker_conf
static const struct conf_def defs[] = {
#define CONF CONF_ENTRY
#include "worker/conf.def"
#undef CONF
};

const struct conf_spec worker_conf_spec = {
    .program = "worker",
    .defs = defs,
    .n_defs = ARRAY_SIZE(defs),
};

int worker_conf_check(const void *values, const struct conf_list *lists, struct err *e)
{
    (void)lists;
    const struct worker_conf *c = values;
    if (c->kafka_max_poll_interval < c->kafka_session_timeout) {
        err_set(e, ERR_CONFIG, "kafka.max_poll_interval is shorter than kafka.session_timeout");
        return -1;
    }
    if (c->batch_max_event > c->batch_bytes) {
        err_set(e, ERR_CONFIG, "batch.max_event is larger than batch.bytes");
        return -1;
    }
    if (c->kafka_replication == 0) {
        err_set(e, ERR_CONFIG, "kafka.replication is 0: expected -1 or at least 1");
        return -1;
    }
    return 0;
}

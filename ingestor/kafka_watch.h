/*
 * Whether Kafka can be used: the topics of the contracts exist and the cluster answers. Judged by
 * the newest good report, and by asking when there was none lately or the producer complained.
 */
#ifndef TIDEGATE_INGESTOR_KAFKA_WATCH_H
#define TIDEGATE_INGESTOR_KAFKA_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "ingestor/service.h"

struct kafka_watch {
    struct service *service;
    int64_t timeout_ms;   /* of one question */
    uint64_t errors_seen; /* of the producer; further ones make an old report worth nothing */
    unsigned failures;    /* questions in a row without answer */
    bool told;            /* the trouble that holds is in the log already */
    bool *missing_told;   /* as service.topics: that it is missing is in the log already */
};

void kafka_watch_init(struct kafka_watch *w, struct service *service, int64_t timeout_ms);
void kafka_watch_release(struct kafka_watch *w);

/* Asks what is not known yet and sets service.kafka_up and service.topic_ready. Logs changes.
 * Blocks up to timeout_ms, as long as Kafka answers up to that per missing topic. Thread: main. */
void kafka_watch_step(struct kafka_watch *w, int64_t now_ns);

#endif

#include "common/io/kafka_producer_internal.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "common/io/kafka_internal.h"

/*
 * The settings of the producer and the making of a handle from them.
 */

#define QUEUE_MESSAGES "1000000" /* bytes are the cap that binds */
#define NUMBER_TEXT_SIZE 32

/* What a producer adds to kafka_conf_new; the text settings come last and win. */
static rd_kafka_conf_t *make_settings(const struct kafka_producer_conf *c, struct err *e)
{
    char linger[NUMBER_TEXT_SIZE];
    char timeout[NUMBER_TEXT_SIZE];
    char kbytes[NUMBER_TEXT_SIZE];
    snprintf(linger, sizeof linger, "%.3f", c->linger_ms);
    snprintf(timeout, sizeof timeout, "%lld", (long long)c->message_timeout_ms);
    snprintf(kbytes, sizeof kbytes, "%lld", (long long)(c->queue_bytes / 1024));
    const struct kafka_setting ours[] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2_random"}, /* the partition that Java's client chooses */
        {"linger.ms", linger},
        {"compression.type", c->compression},
        {"message.timeout.ms", timeout},
        {"queue.buffering.max.kbytes", kbytes},
        {"queue.buffering.max.messages", QUEUE_MESSAGES},
        /* A broker thread asleep in its backoff reports timed-out messages only when it wakes. */
        {"reconnect.backoff.max.ms", "500"},
        {"socket.timeout.ms", "10000"},
        {"request.timeout.ms", "5000"},
        {"retry.backoff.ms", "50"},
        {"log.connection.close", "false"},
    };
    rd_kafka_conf_t *settings = kafka_conf_new(c->brokers, c->client_id, e);
    if (settings == NULL) {
        return NULL;
    }
    if (kafka_conf_set(settings, ours, ARRAY_SIZE(ours), e) != 0 ||
        kafka_conf_set_text(settings, c->settings, e) != 0) {
        rd_kafka_conf_destroy(settings);
        return NULL;
    }
    rd_kafka_conf_set_events(settings, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return settings;
}

void kafka_handle_close(struct kafka_handle *h)
{
    for (size_t i = 0; i < h->n_topics; i++) {
        if (h->topics[i] != NULL) {
            rd_kafka_topic_destroy(h->topics[i]);
        }
    }
    mem_free(h->topics);
    h->topics = NULL;
    h->n_topics = 0;
    if (h->queue != NULL) {
        rd_kafka_queue_destroy(h->queue);
        h->queue = NULL;
    }
    if (h->rk != NULL) {
        rd_kafka_destroy(h->rk);
        h->rk = NULL;
    }
}

int kafka_handle_open(struct kafka_handle *h, const struct kafka_producer_conf *conf, struct err *e)
{
    rd_kafka_conf_t *settings = make_settings(conf, e);
    if (settings == NULL) {
        return -1;
    }
    h->rk = kafka_handle_new(RD_KAFKA_PRODUCER, settings, e);
    if (h->rk == NULL) {
        return -1;
    }
    h->queue = rd_kafka_queue_get_main(h->rk);
    h->topics = mem_calloc(conf->n_topics, sizeof(rd_kafka_topic_t *));
    h->n_topics = conf->n_topics;
    for (size_t i = 0; i < conf->n_topics; i++) {
        h->topics[i] = rd_kafka_topic_new(h->rk, conf->topics[i], NULL);
        if (h->topics[i] == NULL) {
            err_set(e, ERR_CONFIG, "use the Kafka topic \"%s\": %s", conf->topics[i],
                    rd_kafka_err2str(rd_kafka_last_error()));
            kafka_handle_close(h);
            return -1;
        }
    }
    return 0;
}

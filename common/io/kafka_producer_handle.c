#include "common/io/kafka_producer_handle.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/kafka_settings.h"

/*
 * The settings of the producer and the making of a handle from them.
 */

#define QUEUE_MESSAGES "1000000" /* bytes are the cap that binds */
#define NUMBER_TEXT_SIZE 32

static int set_one(void *arg, const char *key, const char *value, struct err *e)
{
    char text[256];
    if (rd_kafka_conf_set(arg, key, value, text, sizeof text) != RD_KAFKA_CONF_OK) {
        err_set(e, ERR_CONFIG, "Kafka setting %s: %s", key, text);
        return -1;
    }
    return 0;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    /* syslog levels: 0 to 3 are errors, 4 warning, 5 and 6 notice and info */
    enum log_level ours = level <= 3 ? LOG_ERROR : level == 4 ? LOG_WARN : LOG_DEBUG;
    LOG(ours, "kafka_library", log_str("facility", facility), log_str("text", text));
}

/* The reasons stand in docs/decisions; a figure here was measured on one node over loopback. */
static rd_kafka_conf_t *make_settings(const struct kafka_producer_conf *c, struct err *e)
{
    char linger[NUMBER_TEXT_SIZE];
    char timeout[NUMBER_TEXT_SIZE];
    char kbytes[NUMBER_TEXT_SIZE];
    snprintf(linger, sizeof linger, "%.3f", c->linger_ms);
    snprintf(timeout, sizeof timeout, "%lld", (long long)c->message_timeout_ms);
    snprintf(kbytes, sizeof kbytes, "%lld", (long long)(c->queue_bytes / 1024));
    const struct {
        const char *key, *value;
    } fixed[] = {
        {"bootstrap.servers", c->brokers},
        {"client.id", c->client_id},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2_random"}, /* the partition that Java's client chooses */
        {"linger.ms", linger},
        {"compression.type", c->compression},
        {"message.timeout.ms", timeout},
        {"queue.buffering.max.kbytes", kbytes},
        {"queue.buffering.max.messages", QUEUE_MESSAGES},
        {"socket.nagle.disable", "true"},    /* on by default before 2.10, librdkafka #4986 */
        {"reconnect.backoff.ms", "50"},      /* with the default cap of 10 s a broker thread */
        {"reconnect.backoff.max.ms", "500"}, /* sleeps over message timeouts and returns late */
        {"socket.timeout.ms", "10000"},
        {"request.timeout.ms", "5000"},
        {"socket.connection.setup.timeout.ms", "3000"},
        {"retry.backoff.ms", "50"},
        {"allow.auto.create.topics", "false"}, /* a typo must not make a topic */
        {"log.connection.close", "false"},
    };
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (set_one(settings, fixed[i].key, fixed[i].value, e) != 0) {
            goto fail;
        }
    }
    if (kafka_settings_each(c->extra, set_one, settings, e) != 0) {
        goto fail;
    }
    rd_kafka_conf_set_events(settings, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_conf_set_log_cb(settings, on_log);
    return settings;
fail:
    rd_kafka_conf_destroy(settings);
    return NULL;
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
    char text[256];
    h->rk = rd_kafka_new(RD_KAFKA_PRODUCER, settings, text, sizeof text);
    if (h->rk == NULL) {
        rd_kafka_conf_destroy(settings);
        err_set(e, ERR_CONFIG, "make the Kafka producer: %s", text);
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

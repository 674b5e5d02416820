/*
 * A producer handle that never produces: librdkafka's cheapest kind of client. Calling thread only.
 */
#include "common/io/kafka_admin.h"

#include "common/base/mem.h"
#include "common/io/kafka_internal.h"

struct kafka_admin {
    rd_kafka_t *rk;
};

struct kafka_admin *kafka_admin_new(const char *brokers, const char *client_id,
                                    const char *settings, struct err *e)
{
    rd_kafka_conf_t *conf = kafka_conf_new(brokers, client_id, e);
    if (conf == NULL) {
        return NULL;
    }
    if (kafka_conf_set_text(conf, settings, e) != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *rk = kafka_handle_new(RD_KAFKA_PRODUCER, conf, e);
    if (rk == NULL) {
        return NULL;
    }
    struct kafka_admin *a = mem_calloc(1, sizeof *a);
    a->rk = rk;
    return a;
}

void kafka_admin_free(struct kafka_admin *a)
{
    if (a == NULL) {
        return;
    }
    rd_kafka_destroy(a->rk);
    mem_free(a);
}

int kafka_admin_partitions(struct kafka_admin *a, const char *name, int64_t timeout_ms,
                           int32_t *partitions, struct err *e)
{
    return kafka_partitions_of(a->rk, name, timeout_ms, partitions, e);
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topic_plan *plan, struct err *e)
{
    char why[256];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(plan->name, plan->partitions, plan->replication, why, sizeof why);
    if (topic == NULL) {
        err_set(e, ERR_CONFIG, "create kafka topic %s: %s", plan->name, why);
        return NULL;
    }
    for (size_t i = 0; i < plan->n_configs; i++) {
        rd_kafka_resp_err_t code =
            rd_kafka_NewTopic_set_config(topic, plan->configs[i][0], plan->configs[i][1]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            err_set(e, ERR_CONFIG, "create kafka topic %s: config %s: %s", plan->name,
                    plan->configs[i][0], rd_kafka_err2str(code));
            rd_kafka_NewTopic_destroy(topic);
            return NULL;
        }
    }
    return topic;
}

/* The verdict on one topic inside the answer. */
static int check_answer(rd_kafka_event_t *event, const char *name, bool *created, struct err *e)
{
    if (event == NULL) {
        err_set(e, ERR_TIMEOUT, "create kafka topic %s: no answer", name);
        return -1;
    }
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && result != NULL) {
        size_t n = 0;
        const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &n);
        if (n > 0) {
            code = rd_kafka_topic_result_error(topics[0]);
            text = rd_kafka_topic_result_error_string(topics[0]);
        }
    }
    *created = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!*created && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        err_set(e, kafka_err_code(code), "create kafka topic %s: %s", name,
                text == NULL ? rd_kafka_err2str(code) : text);
        return -1;
    }
    return 0;
}

int kafka_admin_create(struct kafka_admin *a, const struct kafka_topic_plan *plan,
                       int64_t timeout_ms, bool *created, struct err *e)
{
    *created = false;
    rd_kafka_NewTopic_t *topic = new_topic(plan, e);
    if (topic == NULL) {
        return -1;
    }
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(a->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char why[256];
    int rc = -1;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(a->rk);
    /* Wait on the broker side too, so that the topic has leaders when we return. */
    if (rd_kafka_AdminOptions_set_request_timeout(options, (int)timeout_ms, why, sizeof why) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_AdminOptions_set_operation_timeout(options, (int)timeout_ms, why, sizeof why) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
        err_set(e, ERR_CONFIG, "create kafka topic %s: %s", plan->name, why);
        goto done;
    }
    rd_kafka_CreateTopics(a->rk, &topic, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, (int)timeout_ms + 500);
    rc = check_answer(event, plan->name, created, e);
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
done:
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);
    return rc;
}

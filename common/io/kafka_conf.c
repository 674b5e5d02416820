/*
 * Settings and log lines that consumer and administration have in common.
 */
#include "common/io/kafka_internal.h"

#include <assert.h>

#include "common/base/log.h"
#include "common/io/kafka_settings.h"

static const struct kafka_setting common_settings[] = {
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
    {"socket.connection.setup.timeout.ms", "3000"},
    {"reconnect.backoff.ms", "50"},
    /* Default 10 s: after an outage the client would sleep through the broker's return. */
    {"reconnect.backoff.max.ms", "1000"},
    {"allow.auto.create.topics", "false"},
};

/* Called by any thread of librdkafka. level is that of syslog(3). */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    enum log_level ours = LOG_DEBUG;
    if (level <= 3) {
        ours = LOG_WARN; /* librdkafka calls a refused connection an error; it retries by itself */
    } else if (level <= 5) {
        ours = LOG_INFO;
    }
    LOG(ours, "kafka_client", log_str("facility", facility), log_str("text", text));
}

int kafka_conf_set(rd_kafka_conf_t *conf, const struct kafka_setting *settings, size_t n,
                   struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        char why[256];
        if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, why, sizeof why) !=
            RD_KAFKA_CONF_OK) {
            err_set(e, ERR_CONFIG, "kafka setting %s: %s", settings[i].name, why);
            return -1;
        }
    }
    return 0;
}

static int set_one(void *arg, const char *key, const char *value, struct err *e)
{
    char why[256];
    if (rd_kafka_conf_set(arg, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        /* Not librdkafka's own words: they may quote the value, which may be a secret. */
        err_set(e, ERR_CONFIG, "kafka.settings: librdkafka refuses %s", key);
        return -1;
    }
    return 0;
}

int kafka_conf_set_text(rd_kafka_conf_t *conf, const char *text, struct err *e)
{
    return text == NULL ? 0 : kafka_settings_each(text, set_one, conf, e);
}

rd_kafka_conf_t *kafka_conf_new(const char *brokers, const char *client_id, struct err *e)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const struct kafka_setting who[] = {
        {"bootstrap.servers", brokers},
        {"client.id", client_id},
    };
    if (kafka_conf_set(conf, common_settings, ARRAY_SIZE(common_settings), e) != 0 ||
        kafka_conf_set(conf, who, ARRAY_SIZE(who), e) != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    return conf;
}

rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e)
{
    char why[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        err_set(e, ERR_CONFIG, "kafka client: %s", why);
    }
    return rk;
}

int kafka_partitions_of(rd_kafka_t *rk, const char *name, int64_t timeout_ms, int32_t *partitions,
                        struct err *e)
{
    *partitions = 0;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    if (topic == NULL) {
        err_set(e, ERR_INVALID, "kafka topic %s: %s", name,
                rd_kafka_err2str(rd_kafka_last_error()));
        return -1;
    }
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &md, (int)timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        assert(md->topic_cnt == 1);
        code = md->topics[0].err;
        *partitions = code == RD_KAFKA_RESP_ERR_NO_ERROR ? md->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(md);
    }
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && kafka_err_code(code) != ERR_NOT_FOUND) {
        err_set(e, kafka_err_code(code), "kafka topic %s: %s", name, rd_kafka_err2str(code));
        return -1;
    }
    return 0;
}

enum err_code kafka_err_code(rd_kafka_resp_err_t code)
{
    /* A range of a foreign enumeration: named cases, the rest is one answer. */
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
        code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT) {
        return ERR_TIMEOUT;
    }
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) {
        return ERR_NOT_FOUND;
    }
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
        code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED) {
        return ERR_DENIED;
    }
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        return ERR_FENCED;
    }
    return ERR_UNAVAILABLE;
}

/*
 * The group member over librdkafka. Written for 2.0.2 with its known defects: one message a call
 * instead of the batch interface (issue 4208 loses messages), eager range assignment (cooperative
 * hangs: 4308, 4527, 4783), a close that may never end (4187).
 */
#include "common/io/kafka_consumer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/io/kafka_internal.h"
#include "common/io/kafka_wake.h"

struct kafka_consumer {
    rd_kafka_t *rk;
    rd_kafka_message_t *current; /* the message that the caller looks at */
    struct kafka_consumer_callbacks callbacks;
    char **topics;
    size_t n_topics;
    rd_kafka_topic_t *last_rkt; /* of the latest message, compared only */
    uint32_t last_topic;        /* its index */
    struct kafka_wake *wake;
    rd_kafka_topic_partition_list_t *assigned; /* NULL: none */
    bool away; /* all brokers went down; nothing came from them since */
    bool fatal;
    char fatal_text[ERR_TEXT_MAX];
};

/* Before a person's own settings: they may change these. */
static const struct kafka_setting tunable_settings[] = {
    {"session.timeout.ms", NULL},   /* filled in */
    {"max.poll.interval.ms", NULL}, /* filled in */
    {"queued.max.messages.kbytes", NULL},
    {"queued.min.messages", "1000000"}, /* bytes are the limit, not the count */
    {"fetch.wait.max.ms", "100"},
    {"fetch.max.bytes", "8388608"},
    {"fetch.message.max.bytes", "1048576"},
    {"check.crcs", "true"},
    {"topic.metadata.refresh.interval.ms", "30000"}, /* new partitions are seen after this */
};

/* After them: correctness rests on these. */
static const struct kafka_setting fixed_settings[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"}, /* anything else turns lost data into a silent skip */
    {"partition.assignment.strategy", "range"},
    {"enable.partition.eof", "false"},
};

/* Index of a topic by name; n_topics when it is none of ours. */
static size_t topic_index(const struct kafka_consumer *c, const char *name)
{
    size_t i = 0;
    while (i < c->n_topics && strcmp(c->topics[i], name) != 0) {
        i++;
    }
    return i;
}

static void unassign(struct kafka_consumer *c)
{
    if (c->assigned != NULL) {
        rd_kafka_topic_partition_list_destroy(c->assigned);
        c->assigned = NULL;
    }
    c->last_rkt = NULL; /* librdkafka may free topics now and give the address to another one */
    kafka_wake_assign(c->wake, NULL);
    (void)rd_kafka_assign(c->rk, NULL);
}

/* The list to assign with offsets from the owner, or NULL when the owner refuses. */
static rd_kafka_topic_partition_list_t *ask_owner(struct kafka_consumer *c,
                                                  const rd_kafka_topic_partition_list_t *given)
{
    size_t n = 0;
    struct kafka_position *positions = mem_calloc((size_t)given->cnt, sizeof *positions);
    for (int i = 0; i < given->cnt; i++) {
        size_t topic = topic_index(c, given->elems[i].topic);
        if (topic < c->n_topics) {
            positions[n++] = (struct kafka_position){(uint32_t)topic, given->elems[i].partition,
                                                     KAFKA_OFFSET_SKIP};
        }
    }
    rd_kafka_topic_partition_list_t *list = NULL;
    if (c->callbacks.assigned(c->callbacks.arg, positions, n) == 0) {
        list = rd_kafka_topic_partition_list_new((int)n);
        for (size_t i = 0; i < n; i++) {
            if (positions[i].offset != KAFKA_OFFSET_SKIP) {
                assert(positions[i].offset >= 0);
                rd_kafka_topic_partition_list_add(list, c->topics[positions[i].topic],
                                                  positions[i].partition)
                    ->offset = positions[i].offset;
            }
        }
    }
    mem_free(positions);
    return list;
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct kafka_consumer *c = opaque;
    assert(rk == c->rk);
    unassign(c);
    if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        c->callbacks.revoked(c->callbacks.arg);
        return;
    }
    c->assigned = ask_owner(c, partitions);
    if (c->assigned != NULL) {
        (void)rd_kafka_assign(rk, c->assigned);
        kafka_wake_assign(c->wake, c->assigned);
    }
}

static void note_fatal(struct kafka_consumer *c)
{
    char why[256];
    rd_kafka_resp_err_t real = rd_kafka_fatal_error(c->rk, why, sizeof why);
    c->fatal = true;
    (void)snprintf(c->fatal_text, sizeof c->fatal_text, "%s: %s", rd_kafka_err2name(real), why);
}

/* Inside poll: errors of the client as a whole. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_consumer *c = opaque;
    assert(rk == c->rk);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        note_fatal(c);
        return;
    }
    c->away = c->away || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
    LOG(LOG_DEBUG, "kafka_error", log_str("code", rd_kafka_err2name(code)),
        log_str("error", reason));
}

static int set_tunables(rd_kafka_conf_t *conf, const struct kafka_consumer_options *o,
                        struct err *e)
{
    struct kafka_setting settings[ARRAY_SIZE(tunable_settings)];
    char numbers[3][24];
    const int64_t values[3] = {o->session_timeout_ms, o->max_poll_interval_ms,
                               o->queue_bytes / 1024};
    memcpy(settings, tunable_settings, sizeof settings);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "%" PRId64, values[i]);
        settings[i].value = numbers[i];
    }
    return kafka_conf_set(conf, settings, ARRAY_SIZE(settings), e);
}

static rd_kafka_conf_t *make_conf(struct kafka_consumer *c, const struct kafka_consumer_options *o,
                                  struct err *e)
{
    rd_kafka_conf_t *conf = kafka_conf_new(o->brokers, o->client_id, e);
    if (conf == NULL) {
        return NULL;
    }
    const struct kafka_setting group[] = {
        {"group.id", o->group_id},
        {"group.instance.id", o->group_instance_id},
    };
    bool is_static = o->group_instance_id != NULL && o->group_instance_id[0] != '\0';
    /* From 2.2.0 on the sleep at a full queue is a setting; 2.0.2 does not know it. */
    char unknown[128];
    (void)rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "10", unknown, sizeof unknown);
    if (set_tunables(conf, o, e) != 0 || kafka_conf_set_text(conf, o->settings, e) != 0 ||
        kafka_conf_set(conf, fixed_settings, ARRAY_SIZE(fixed_settings), e) != 0 ||
        kafka_conf_set(conf, group, is_static ? 2 : 1, e) != 0) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, c);
    return conf;
}

struct kafka_consumer *kafka_consumer_new(const struct kafka_consumer_options *options,
                                          struct err *e)
{
    struct kafka_consumer *c = mem_calloc(1, sizeof *c);
    c->callbacks = options->callbacks;
    c->n_topics = options->n_topics;
    c->topics = mem_calloc(c->n_topics, sizeof *c->topics);
    for (size_t i = 0; i < c->n_topics; i++) {
        c->topics[i] = mem_strdup(options->topics[i]);
    }
    rd_kafka_conf_t *conf = make_conf(c, options, e);
    if (conf == NULL) {
        goto fail;
    }
    c->rk = kafka_handle_new(RD_KAFKA_CONSUMER, conf, e);
    if (c->rk == NULL) {
        goto fail;
    }
    /* Everything arrives through consumer_poll, on our thread. */
    (void)rd_kafka_poll_set_consumer(c->rk);
    c->wake = kafka_wake_start(c->rk, e);
    if (c->wake == NULL) {
        goto fail;
    }
    return c;

fail:
    kafka_consumer_free(c);
    return NULL;
}

int kafka_consumer_subscribe(struct kafka_consumer *c, struct err *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->n_topics);
    for (size_t i = 0; i < c->n_topics; i++) {
        rd_kafka_topic_partition_list_add(list, c->topics[i], RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t code = rd_kafka_subscribe(c->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        err_set(e, kafka_err_code(code), "kafka subscribe: %s", rd_kafka_err2str(code));
        return -1;
    }
    return 0;
}

int kafka_consumer_rejoin(struct kafka_consumer *c, struct err *e)
{
    (void)rd_kafka_unsubscribe(c->rk);
    return kafka_consumer_subscribe(c, e);
}

static void drop_current(struct kafka_consumer *c)
{
    if (c->current != NULL) {
        rd_kafka_message_destroy(c->current);
        c->current = NULL;
    }
}

/* false: a topic that we did not ask for. */
static bool find_topic(struct kafka_consumer *c, rd_kafka_topic_t *rkt, uint32_t *topic)
{
    if (rkt != c->last_rkt) {
        size_t at = topic_index(c, rd_kafka_topic_name(rkt));
        if (at == c->n_topics) {
            return false;
        }
        c->last_rkt = rkt;
        c->last_topic = (uint32_t)at;
    }
    *topic = c->last_topic;
    return true;
}

/* A message that carries an error instead of data. */
static enum kafka_poll poll_error(struct kafka_consumer *c, struct kafka_message *m, struct err *e)
{
    const rd_kafka_message_t *rkm = c->current;
    err_set(e, kafka_err_code(rkm->err), "kafka consume: %s", rd_kafka_message_errstr(rkm));
    bool gone = rkm->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                rkm->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (gone && rkm->rkt != NULL && find_topic(c, rkm->rkt, &m->topic)) {
        m->partition = rkm->partition;
        m->offset = rkm->offset;
        return KAFKA_POLL_LOST;
    }
    return KAFKA_POLL_ERROR;
}

enum kafka_poll kafka_consumer_poll(struct kafka_consumer *c, int64_t timeout_ms,
                                    struct kafka_message *m, struct err *e)
{
    drop_current(c);
    rd_kafka_message_t *rkm = rd_kafka_consumer_poll(c->rk, (int)timeout_ms);
    c->current = rkm;
    if (rkm != NULL && rkm->err == RD_KAFKA_RESP_ERR__FATAL) {
        note_fatal(c);
    }
    if (c->fatal) {
        err_set(e, ERR_FENCED, "kafka consumer: %s", c->fatal_text);
        return KAFKA_POLL_FATAL;
    }
    if (rkm == NULL) {
        return KAFKA_POLL_NONE;
    }
    if (rkm->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return poll_error(c, m, e);
    }
    if (!find_topic(c, rkm->rkt, &m->topic)) {
        return KAFKA_POLL_NONE;
    }
    c->away = false;
    rd_kafka_timestamp_type_t kind;
    int64_t ms = rd_kafka_message_timestamp(rkm, &kind);
    m->partition = rkm->partition;
    m->offset = rkm->offset;
    /* A producer may write any number there. */
    bool usable = kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms > 0 && ms <= INT64_MAX / 1000;
    m->timestamp_us = usable ? ms * 1000 : 0;
    m->key = (struct str){rkm->key, rkm->key_len};
    m->value = (struct str){rkm->payload, rkm->len};
    return KAFKA_POLL_MESSAGE;
}

void kafka_consumer_pause(struct kafka_consumer *c)
{
    kafka_wake_pause(c->wake, true);
    if (c->assigned != NULL) {
        (void)rd_kafka_pause_partitions(c->rk, c->assigned);
    }
}

void kafka_consumer_resume(struct kafka_consumer *c)
{
    if (c->assigned != NULL) {
        (void)rd_kafka_resume_partitions(c->rk, c->assigned);
    }
    kafka_wake_pause(c->wake, false);
}

int kafka_consumer_watermarks(struct kafka_consumer *c, uint32_t topic, int32_t partition,
                              int64_t timeout_ms, int64_t *low, int64_t *high, struct err *e)
{
    assert(topic < c->n_topics);
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(c->rk, c->topics[topic], partition,
                                                                low, high, (int)timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        err_set(e, kafka_err_code(code), "kafka offsets of %s/%" PRId32 ": %s", c->topics[topic],
                partition, rd_kafka_err2str(code));
        return -1;
    }
    return 0;
}

int64_t kafka_consumer_high(struct kafka_consumer *c, uint32_t topic, int32_t partition)
{
    assert(topic < c->n_topics);
    int64_t low = 0;
    int64_t high = -1;
    if (rd_kafka_get_watermark_offsets(c->rk, c->topics[topic], partition, &low, &high) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        return -1;
    }
    return high < 0 ? -1 : high;
}

int kafka_consumer_partitions(struct kafka_consumer *c, uint32_t topic, int64_t timeout_ms,
                              int32_t *partitions, struct err *e)
{
    assert(topic < c->n_topics);
    return kafka_partitions_of(c->rk, c->topics[topic], timeout_ms, partitions, e);
}

bool kafka_consumer_reachable(struct kafka_consumer *c, int64_t timeout_ms)
{
    int32_t partitions;
    struct err e;
    if (c->away && kafka_partitions_of(c->rk, c->topics[0], timeout_ms, &partitions, &e) == 0) {
        c->away = false;
    }
    return !c->away;
}

int kafka_consumer_cluster_id(struct kafka_consumer *c, int64_t timeout_ms, char *out, size_t size,
                              struct err *e)
{
    char *id = rd_kafka_clusterid(c->rk, (int)timeout_ms);
    if (id == NULL) {
        err_set(e, ERR_TIMEOUT, "kafka: no broker told the cluster id");
        return -1;
    }
    int n = snprintf(out, size, "%s", id);
    rd_kafka_mem_free(c->rk, id);
    if (n < 0 || (size_t)n >= size) {
        err_set(e, ERR_LIMIT, "kafka: the cluster id is longer than %zu bytes", size - 1);
        return -1;
    }
    return 0;
}

void kafka_consumer_commit_hint(struct kafka_consumer *c, const struct kafka_position *positions,
                                size_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_topic_partition_list_add(list, c->topics[positions[i].topic],
                                          positions[i].partition)
            ->offset = positions[i].offset;
    }
    (void)rd_kafka_commit(c->rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

bool kafka_consumer_close(struct kafka_consumer *c, int64_t timeout_ms)
{
    int64_t end_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    drop_current(c);
    kafka_wake_stop(c->wake);
    c->wake = NULL;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(c->rk, queue);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
        rd_kafka_queue_destroy(queue);
        return false;
    }
    bool closed = rd_kafka_consumer_closed(c->rk) != 0;
    while (!closed && clock_mono_ns() < end_ns) {
        /* Serves the last revocation through on_rebalance or as an event. */
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20);
        if (event != NULL) {
            if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
                (void)rd_kafka_assign(c->rk, NULL);
            }
            rd_kafka_event_destroy(event);
        }
        closed = rd_kafka_consumer_closed(c->rk) != 0;
    }
    rd_kafka_queue_destroy(queue);
    return closed;
}

void kafka_consumer_free(struct kafka_consumer *c)
{
    if (c == NULL) {
        return;
    }
    kafka_wake_stop(c->wake);
    if (c->rk != NULL) {
        drop_current(c);
        /* Closing was the owner's decision; destroying must not start it again. */
        rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    if (c->assigned != NULL) {
        rd_kafka_topic_partition_list_destroy(c->assigned);
    }
    for (size_t i = 0; i < c->n_topics; i++) {
        mem_free(c->topics[i]);
    }
    mem_free(c->topics);
    mem_free(c);
}

#include "worker/admin/topics.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/io/kafka_admin.h"

#define TIMEOUT_MS 10000

static int create(struct kafka_admin *admin, const struct worker_conf *conf, const char *name,
                  bool *created, struct err *e)
{
    char retention[24];
    (void)snprintf(retention, sizeof retention, "%" PRId64, conf->kafka_retention);
    const char *const configs[][2] = {{"retention.ms", retention}};
    const struct kafka_topic_plan plan = {
        .name = name,
        .partitions = (int32_t)conf->kafka_partitions,
        .replication = (int32_t)conf->kafka_replication,
        .configs = configs,
        .n_configs = ARRAY_SIZE(configs),
    };
    return kafka_admin_create(admin, &plan, TIMEOUT_MS, created, e);
}

static int ensure(struct kafka_admin *admin, const struct worker_conf *conf, const char *name,
                  struct buf *report, struct err *e)
{
    int32_t partitions = 0;
    bool created = false;
    if (kafka_admin_partitions(admin, name, TIMEOUT_MS, &partitions, e) != 0 ||
        (partitions == 0 && create(admin, conf, name, &created, e) != 0)) {
        return -1;
    }
    int rc;
    if (created) {
        rc = buf_addf(report, "topic %s: created with %" PRId64 " partitions\n", name,
                      conf->kafka_partitions);
    } else if (partitions == 0) {
        rc = buf_addf(report, "topic %s: created by somebody else at this moment\n", name);
    } else {
        rc = buf_addf(report, "topic %s: exists with %" PRId32 " partitions%s\n", name, partitions,
                      partitions < conf->kafka_partitions
                          ? " (fewer than kafka.partitions; adding some moves devices)"
                          : "");
    }
    if (rc != 0) {
        err_set(e, ERR_LIMIT, "topics: the report is too long");
    }
    return rc;
}

int topics_ensure(const struct worker_conf *conf, const struct streams *streams, struct buf *report,
                  struct err *e)
{
    struct kafka_admin *admin =
        kafka_admin_new(conf->kafka_brokers, conf->kafka_client_id, conf->kafka_settings, e);
    if (admin == NULL) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; i < streams->n && rc == 0; i++) {
        rc = ensure(admin, conf, streams->items[i].topic, report, e);
    }
    char rejected[STREAM_TOPIC_SIZE];
    int n = snprintf(rejected, sizeof rejected, "%s.rejected", conf->kafka_topic_prefix);
    if (rc == 0 && (n < 0 || (size_t)n >= sizeof rejected)) {
        err_set(e, ERR_CONFIG, "kafka.topic_prefix is too long");
        rc = -1;
    }
    rc = rc != 0 ? rc : ensure(admin, conf, rejected, report, e);
    kafka_admin_free(admin);
    return rc;
}

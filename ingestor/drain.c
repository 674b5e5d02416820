#include "ingestor/drain.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/signals.h"

/*
 * Every wait here has its share of a deadline, and the delivery thread runs all the time: it is
 * what brings the counts down.
 */

#define STEP_MS 20      /* between two looks at the counts */
#define CLOSING_MS 500  /* clients with a connection get one more answer on it */
#define PURGE_MS 3000   /* the reports of a purge come at once */
#define FLUSH_MS 2000   /* a healthy broker needs some ms */
#define GOODBYE_MS 1000 /* for the last answers to reach the sockets */

typedef uint32_t (*count_fn)(const struct server *s);

/* Waits until count is 0; false when the time is over. A stop signal ends it early when it may. */
static bool wait_for(const struct server *server, count_fn count, int64_t timeout_ms, bool signals)
{
    int64_t end_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    while (count(server) > 0) {
        if (clock_mono_ns() >= end_ns || (signals_wait(STEP_MS) == SIGNALS_STOP && signals)) {
            return false;
        }
    }
    return true;
}

static void wait_delay(int64_t delay_ms)
{
    int64_t end_ns = clock_mono_ns() + delay_ms * NS_PER_MS;
    int64_t rest_ms = delay_ms;
    while (rest_ms > 0 && signals_wait(rest_ms) != SIGNALS_STOP) {
        rest_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
    }
}

void drain_run(struct service *service, struct server *server, struct drain_result *result)
{
    const struct ingestor_conf *conf = service->conf;
    LOG(LOG_INFO, "drain_begin", log_int("delay_ms", conf->http_drain_delay),
        log_int("open", server_open(server)));
    atomic_store(&service->stopping, true);
    wait_delay(conf->http_drain_delay);

    server_quiesce(server);
    atomic_store(&service->closing, true);
    (void)wait_for(server, server_connections, CLOSING_MS, false);
    atomic_store(&service->draining, true);
    *result = (struct drain_result){0};
    if (!wait_for(server, server_open, conf->http_drain_timeout, true) &&
        server_inflight(server) > 0) {
        result->purged = server_inflight(server);
        LOG(LOG_WARN, "drain_purge", log_int("requests", result->purged));
        kafka_producer_purge(service->producer);
        if (!wait_for(server, server_inflight, PURGE_MS, false)) {
            atomic_store(&service->expire_all, true);
            (void)wait_for(server, server_inflight, PURGE_MS, false);
        }
    }
    (void)wait_for(server, server_open, GOODBYE_MS, false);
    result->cut_off = server_open(server);
    /* Rejected events have no request that waits for them. */
    (void)kafka_producer_flush(service->producer, FLUSH_MS);
    struct kafka_producer_stats stats;
    kafka_producer_stats(service->producer, &stats);
    result->queued = stats.queued_messages;
}

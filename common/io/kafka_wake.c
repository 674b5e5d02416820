/*
 * One thread of its own, because the request blocks. It never touches messages.
 */
#include "common/io/kafka_wake.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define WAKE_PERIOD_MS 10
#define WAKE_IDLE_MS 25     /* between looks while nothing waits */
#define WAKE_REQUEST_MS 200 /* of one request */
#define WAKE_BACKLOG 5000   /* messages at the broker and not in the queue */

struct kafka_wake {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue; /* of the group: what was fetched and not polled */
    struct thread *thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    rd_kafka_topic_partition_list_t *list; /* the assignment, or NULL */
    int next;                              /* where the round goes on */
    bool paused;
    bool stop;
};

/* Messages that the broker has beyond what was handed to the application. */
static int64_t backlog_of(rd_kafka_t *rk, const rd_kafka_topic_partition_t *p)
{
    int64_t low = 0;
    int64_t high = 0;
    if (rd_kafka_get_watermark_offsets(rk, p->topic, p->partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0 || p->offset < 0) {
        return 0;
    }
    return high > p->offset ? high - p->offset : 0;
}

/* Copies the next partition with a backlog into *out when the queue does not cover it. */
static bool pick(struct kafka_wake *w, char *topic, size_t size, int32_t *partition)
{
    rd_kafka_topic_partition_list_t *list = w->list;
    if (list == NULL || list->cnt == 0 || w->paused ||
        rd_kafka_position(w->rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    int64_t total = 0;
    int found = -1;
    for (int i = 0; i < list->cnt; i++) {
        int at = (w->next + i) % list->cnt;
        int64_t n = backlog_of(w->rk, &list->elems[at]);
        total += n;
        if (n > 0 && found < 0) {
            found = at;
        }
    }
    if (found < 0 || total < (int64_t)rd_kafka_queue_length(w->queue) + WAKE_BACKLOG) {
        return false;
    }
    w->next = (found + 1) % list->cnt;
    int n = snprintf(topic, size, "%s", list->elems[found].topic);
    *partition = list->elems[found].partition;
    return n > 0 && (size_t)n < size;
}

static void wait_ms(struct kafka_wake *w, int64_t ms)
{
    int64_t ns = clock_mono_ns() + ms * NS_PER_MS;
    struct timespec until = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    while (!w->stop) {
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
}

static void run(void *arg)
{
    struct kafka_wake *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        char topic[256]; /* Kafka allows 249 bytes */
        int32_t partition = 0;
        bool wanted = pick(w, topic, sizeof topic, &partition);
        if (wanted) {
            (void)pthread_mutex_unlock(&w->lock);
            int64_t low;
            int64_t high;
            /* The answer does not matter: sending the request wakes the thread. */
            (void)rd_kafka_query_watermark_offsets(w->rk, topic, partition, &low, &high,
                                                   WAKE_REQUEST_MS);
            (void)pthread_mutex_lock(&w->lock);
        }
        wait_ms(w, wanted ? WAKE_PERIOD_MS : WAKE_IDLE_MS);
    }
    (void)pthread_mutex_unlock(&w->lock);
}

struct kafka_wake *kafka_wake_start(rd_kafka_t *rk, struct err *e)
{
    struct kafka_wake *w = mem_calloc(1, sizeof *w);
    w->rk = rk;
    w->queue = rd_kafka_queue_get_consumer(rk);
    (void)pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    w->thread = thread_start("kafka-wake", run, w, e);
    if (w->thread == NULL) {
        kafka_wake_stop(w);
        return NULL;
    }
    return w;
}

void kafka_wake_assign(struct kafka_wake *w, const rd_kafka_topic_partition_list_t *list)
{
    if (w == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&w->lock);
    if (w->list != NULL) {
        rd_kafka_topic_partition_list_destroy(w->list);
    }
    w->list = list == NULL ? NULL : rd_kafka_topic_partition_list_copy(list);
    w->next = 0;
    w->paused = false;
    (void)pthread_mutex_unlock(&w->lock);
}

void kafka_wake_pause(struct kafka_wake *w, bool paused)
{
    (void)pthread_mutex_lock(&w->lock);
    w->paused = paused;
    (void)pthread_mutex_unlock(&w->lock);
}

void kafka_wake_stop(struct kafka_wake *w)
{
    if (w == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    thread_join(w->thread);
    if (w->list != NULL) {
        rd_kafka_topic_partition_list_destroy(w->list);
    }
    rd_kafka_queue_destroy(w->queue);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

/*
 * Two queries a look: counts per second of event time from the first second that is not complete,
 * and the commit times of the sample's rows in the same range.
 */
#include "loadtest/follow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/contract/event_id.h"
#include "common/contract/time.h"
#include "loadtest/ident.h"
#include "loadtest/table.h"

#define LOOK_NS (NS_PER_S / 2) /* between two looks */
#define LOOK_SHARE 4           /* pause at least so many times what a look took */

struct follow {
    struct follow_conf conf;
    struct pg *pg;
    struct thread *thread;
    bool commit_times;
    int64_t low_s;     /* first second that is not complete */
    int64_t sample_s;  /* low_s before the last look: the sample reads once more */
    int64_t open_us;   /* recent_open before the look */
    uint64_t complete; /* rows before low_s */
    struct histogram *fresh;
    /* shared */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;
    struct follow_view view;
    struct histogram *row_times;
};

static int add_since(struct buf *sql, const struct follow *f, int64_t second, uint32_t devices,
                     struct err *e)
{
    char since[TIME_RFC3339_MAX];
    time_format_rfc3339(second * US_PER_S, since);
    if (buf_addf(sql, " FROM ") != 0 || table_add_name(sql, f->conf.table, e) != 0 ||
        buf_addf(sql, " WHERE event_time >= '%s' AND ", since) != 0) {
        return -1;
    }
    return table_add_ids(sql, f->conf.run, devices);
}

static struct pg_result *query(struct follow *f, const char *what, int64_t second, uint32_t devices,
                               const char *tail, struct err *e)
{
    struct buf sql;
    struct pg_result *r = NULL;
    buf_init(&sql, TABLE_SQL_MAX);
    if (buf_addf(&sql, "SELECT %s", what) == 0 && add_since(&sql, f, second, devices, e) == 0 &&
        buf_addf(&sql, "%s", tail) == 0 && buf_add(&sql, "", 1) == 0) {
        r = pg_query(f->pg, sql.p, 0, NULL, e);
    }
    buf_release(&sql);
    return r;
}

static int64_t number(const struct pg_result *r, size_t row, size_t column)
{
    const char *v = pg_value(r, row, column);
    return v == NULL ? -1 : strtoll(v, NULL, 10);
}

static int look_at_sample(struct follow *f, struct err *e)
{
    if (!f->commit_times) {
        return 0;
    }
    struct pg_result *r =
        query(f, "event_id, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::int8",
              f->sample_s, recent_devices(f->conf.recent), "", e);
    if (r == NULL) {
        return -1;
    }
    for (size_t i = 0; i < pg_rows(r); i++) {
        uint8_t id[IDENT_SIZE];
        uint32_t device;
        uint32_t seq;
        struct str text = {pg_value(r, i, 0), pg_value_length(r, i, 0)};
        int64_t commit_us = number(r, i, 1);
        if (commit_us < 0 || event_id_parse(text, id) != 0 ||
            !ident_parse(f->conf.run, id, &device, &seq)) {
            continue;
        }
        int64_t ack_us = recent_take(f->conf.recent, device, seq);
        if (ack_us >= 0) {
            histogram_record(f->fresh, (commit_us - ack_us) * 1000, 1);
        }
    }
    pg_result_free(r);
    return 0;
}

/* Adds up the counts per second, sorted; moves low_s over the seconds that are complete. */
static uint64_t add_up(struct follow *f, const struct pg_result *r)
{
    int64_t settled_s = f->open_us / US_PER_S; /* older seconds get no more events */
    uint64_t open = 0;
    size_t row = 0;
    bool prefix = true;
    for (int64_t s = f->low_s; prefix && s < settled_s; s++) {
        uint64_t here = 0;
        if (row < pg_rows(r) && number(r, row, 0) == s) {
            here = (uint64_t)number(r, row, 1);
            row++;
        }
        prefix = here >= recent_accepted(f->conf.recent, s);
        if (prefix) {
            f->complete += here;
            f->low_s = s + 1;
            recent_forget(f->conf.recent, s);
        } else {
            open += here;
        }
    }
    for (; row < pg_rows(r); row++) {
        open += (uint64_t)number(r, row, 1);
    }
    return f->complete + open;
}

static int look_at_counts(struct follow *f, uint64_t *stored, struct err *e)
{
    struct pg_result *r = query(f, "floor(extract(epoch FROM event_time))::int8 AS s, count(*)",
                                f->low_s, IDENT_DEVICES_MAX, " GROUP BY 1 ORDER BY 1", e);
    if (r == NULL) {
        return -1;
    }
    *stored = add_up(f, r);
    pg_result_free(r);
    return 0;
}

static int look(struct follow *f, uint64_t *stored, struct err *e)
{
    if (f->pg == NULL || !pg_usable(f->pg)) {
        pg_close(f->pg);
        f->pg = pg_connect(f->conf.database, "tidegate-loadtest", NULL, e);
        if (f->pg == NULL) {
            return -1;
        }
    }
    int64_t before_s = f->low_s;
    f->open_us = recent_open(f->conf.recent);
    if (look_at_sample(f, e) != 0 || look_at_counts(f, stored, e) != 0) {
        return -1;
    }
    f->sample_s = before_s;
    return 0;
}

/* False when it is time to end. */
static bool wait(struct follow *f, int64_t ns)
{
    int64_t until = clock_mono_ns() + ns;
    struct timespec t = {.tv_sec = until / NS_PER_S, .tv_nsec = until % NS_PER_S};
    (void)pthread_mutex_lock(&f->mutex);
    int rc = 0;
    while (!f->stop && rc == 0) {
        rc = pthread_cond_clockwait(&f->wake, &f->mutex, CLOCK_MONOTONIC, &t);
    }
    bool go = !f->stop;
    (void)pthread_mutex_unlock(&f->mutex);
    return go;
}

static void follow_thread(void *arg)
{
    struct follow *f = arg;
    int64_t pause_ns = LOOK_NS;
    while (wait(f, pause_ns)) {
        struct err e;
        uint64_t stored = 0;
        int64_t before_ns = clock_mono_ns();
        int rc = look(f, &stored, &e);
        pause_ns = LOOK_SHARE * (clock_mono_ns() - before_ns);
        pause_ns = pause_ns > LOOK_NS ? pause_ns : LOOK_NS;
        (void)pthread_mutex_lock(&f->mutex);
        f->view.away = rc != 0;
        if (rc == 0) {
            f->view.stored = stored;
        }
        histogram_merge(f->row_times, f->fresh);
        histogram_reset(f->fresh);
        (void)pthread_mutex_unlock(&f->mutex);
    }
}

struct follow *follow_start(const struct follow_conf *conf, struct err *e)
{
    struct follow *f = mem_calloc(1, sizeof *f);
    f->conf = *conf;
    f->low_s = conf->start_us / US_PER_S;
    f->sample_s = f->low_s;
    f->fresh = histogram_new(FOLLOW_ROW_MAX_NS);
    f->row_times = histogram_new(FOLLOW_ROW_MAX_NS);
    (void)pthread_mutex_init(&f->mutex, NULL);
    (void)pthread_cond_init(&f->wake, NULL);
    uint64_t stored;
    f->pg = pg_connect(conf->database, "tidegate-loadtest", NULL, e);
    if (f->pg == NULL || table_commit_times(f->pg, &f->commit_times, e) != 0 ||
        look_at_counts(f, &stored, e) != 0) {
        goto fail;
    }
    f->view.commit_times = f->commit_times;
    f->thread = thread_start("follow", follow_thread, f, e);
    if (f->thread == NULL) {
        goto fail;
    }
    return f;
fail:
    follow_stop(f);
    return NULL;
}

void follow_stop(struct follow *f)
{
    if (f == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&f->mutex);
    f->stop = true;
    (void)pthread_cond_signal(&f->wake);
    (void)pthread_mutex_unlock(&f->mutex);
    thread_join(f->thread);
    pg_close(f->pg);
    histogram_free(f->fresh);
    histogram_free(f->row_times);
    (void)pthread_cond_destroy(&f->wake);
    (void)pthread_mutex_destroy(&f->mutex);
    mem_free(f);
}

struct follow_view follow_look(struct follow *f, struct histogram *row_times)
{
    (void)pthread_mutex_lock(&f->mutex);
    struct follow_view v = f->view;
    histogram_merge(row_times, f->row_times);
    histogram_reset(f->row_times);
    (void)pthread_mutex_unlock(&f->mutex);
    return v;
}

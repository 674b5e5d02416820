#include "worker/admin/upkeep.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/io/pg.h"
#include "worker/admin/leaf.h"
#include "worker/admin/leaves.h"
#include "worker/stopper.h"

#define PERIOD_MS (10 * 60 * 1000)
#define RETRY_MS (15 * 1000) /* after a failure */
#define SESSION_OPTIONS "-c lock_timeout=2s -c statement_timeout=30s"

struct upkeep {
    struct upkeep_options o;
    struct thread *thread;
    struct stopper stopper;
};

int upkeep_partitions(struct pg *pg, const struct upkeep_options *options, int64_t now_us,
                      size_t *made, struct err *e)
{
    *made = 0;
    int64_t first = leaf_day(now_us - options->past_us);
    int64_t last = leaf_day(now_us + options->ahead_us);
    for (size_t i = 0; i < options->streams->n; i++) {
        size_t n = 0;
        if (leaves_ensure(pg, options->streams->items[i].table, first, last, &n, e) != 0) {
            return -1;
        }
        *made += n;
    }
    return 0;
}

static int round_once(const struct upkeep_options *o, struct err *e)
{
    struct pg *pg = pg_connect(o->url, "tidegate-upkeep", SESSION_OPTIONS, e);
    if (pg == NULL) {
        return -1;
    }
    size_t made = 0;
    int rc = upkeep_partitions(pg, o, clock_wall_us(), &made, e);
    if (made > 0) {
        LOG(LOG_INFO, "partitions_made", log_int("partitions", (int64_t)made));
    }
    pg_close(pg);
    return rc;
}

static void run(void *arg)
{
    struct upkeep *u = arg;
    while (!stopper_requested(&u->stopper)) {
        struct err e;
        int rc = round_once(&u->o, &e);
        if (rc != 0) {
            LOG(LOG_WARN, "upkeep_failed", log_err(&e));
        }
        stopper_sleep(&u->stopper, rc == 0 ? PERIOD_MS : RETRY_MS);
    }
    stopper_end(&u->stopper);
}

struct upkeep *upkeep_start(const struct upkeep_options *options, struct err *e)
{
    struct upkeep *u = mem_calloc(1, sizeof *u);
    u->o = *options;
    stopper_init(&u->stopper);
    u->thread = thread_start("upkeep", run, u, e);
    if (u->thread == NULL) {
        stopper_release(&u->stopper);
        mem_free(u);
        return NULL;
    }
    return u;
}

bool upkeep_stop(struct upkeep *u, int64_t timeout_ms)
{
    if (u == NULL) {
        return true;
    }
    stopper_request(&u->stopper);
    if (!stopper_wait(&u->stopper, timeout_ms)) {
        return false;
    }
    thread_join(u->thread);
    stopper_release(&u->stopper);
    mem_free(u);
    return true;
}

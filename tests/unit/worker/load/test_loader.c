/*
 * The loader against a database that breaks down at every point: whatever happens, each record ends
 * up stored once, and the offsets agree with what is stored.
 */
#include "worker/load/loader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/random.h"
#include "common/io/pg.h"
#include "tests/unit/worker/fixture.h"
#include "tests/unit/worker/load/fake_pg.c"
#include "worker/metrics.h"
#include "worker/stopper.h"

/* --- no waiting --------------------------------------------------------------------------------
 */

void stopper_init(struct stopper *s)
{
    atomic_init(&s->requested, false);
}

void stopper_release(struct stopper *s)
{
    (void)s;
}

void stopper_request(struct stopper *s)
{
    atomic_store(&s->requested, true);
}

bool stopper_requested(const struct stopper *s)
{
    return atomic_load(&s->requested);
}

void stopper_sleep(struct stopper *s, int64_t ms)
{
    (void)s;
    (void)ms;
}

void stopper_nudge(struct stopper *s)
{
    (void)s;
}

void stopper_end(struct stopper *s)
{
    (void)s;
}

bool stopper_wait(struct stopper *s, int64_t timeout_ms)
{
    (void)s;
    (void)timeout_ms;
    return true; /* thread_join waits */
}

/* --- a bench: the consumer's side ---------------------------------------------------------------
 */

struct bench {
    struct streams streams;
    struct health *health;
    struct metrics *metrics;
    struct loader *loader;
    struct assignment assignment;
    struct batch *batch;
    uint64_t generation;
};

static int setup(void **state)
{
    memset(&fake_db, 0, sizeof fake_db);
    log_set_level(LOG_ERROR);
    struct bench *b = mem_calloc(1, sizeof *b);
    fixture_streams(&b->streams);
    b->health = health_new();
    b->metrics = worker_metrics_new(&b->streams);
    const struct loader_options options = {
        .url = "",
        .owner = "test",
        .streams = &b->streams,
        .cluster_id = "c",
        .health = b->health,
        .metrics = b->metrics,
    };
    struct err e;
    b->loader = loader_start(&options, &e);
    assert_non_null(b->loader);
    const struct batch_limits limits = {.rows = 100000, .bytes = 1 << 30, .age_ns = 1};
    b->batch = batch_new(1, &limits);
    assignment_init(&b->assignment);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    assert_true(loader_stop(b->loader, 1000));
    loader_free(b->loader);
    batch_free(b->batch);
    assignment_release(&b->assignment);
    metrics_free(b->metrics);
    health_free(b->health);
    streams_release(&b->streams);
    mem_free(b);
    return 0;
}

static enum job_result run_job(struct bench *b, struct job *job)
{
    job->generation = b->generation;
    loader_submit(b->loader, job);
    struct job *back = loader_collect(b->loader, 20000);
    assert_ptr_equal(back, job);
    return job->result;
}

/* As after a rebalance: claims all partitions, begins where the database says. */
static void claim_all(struct bench *b)
{
    struct claim claims[FAKE_PARTITIONS];
    struct slot slots[FAKE_PARTITIONS];
    struct job job = {
        .kind = JOB_CLAIM, .claims = claims, .n_claims = FAKE_PARTITIONS, .deadline_ns = INT64_MAX};
    for (int32_t i = 0; i < FAKE_PARTITIONS; i++) {
        claims[i] = (struct claim){.partition = i};
    }
    b->generation++;
    loader_generation(b->loader, b->generation);
    assert_int_equal(run_job(b, &job), JOB_DONE);
    for (int32_t i = 0; i < FAKE_PARTITIONS; i++) {
        slots[i] = (struct slot){.partition = i, .epoch = claims[i].epoch, .next = claims[i].next};
    }
    assignment_set(&b->assignment, slots, FAKE_PARTITIONS);
}

/* One record as a row, or as a dead event when dead. */
static void add_record(struct batch *b, uint32_t span, bool dead)
{
    int64_t offset = b->spans[span].to;
    const struct batch_arrival arrival = {1, 1, 1};
    if (dead) {
        const struct dead d = {
            .topic = "t.car", .partition = (int32_t)span, .offset = offset, .reason = DEAD_EMPTY};
        assert_int_equal(batch_add_dead(b, &d), 0);
        batch_note(b, span, offset, &arrival, 0);
        return;
    }
    char device[32];
    int n = snprintf(device, sizeof device, "t\x1f%" PRId64, offset % 5);
    struct batch_place place = {
        .span = span,
        .device = devices_intern(&b->devices, (struct str){device, (size_t)n}),
        .koff = offset,
        .event_us = INT64_C(1795233600000000), /* 2026-11-21T04:00:00Z: its leaf is there */
        .row_at = b->tables[0].rows.n,
        .raw_at = b->raw.n,
    };
    char row[2 + 12 * 4 + 8 + 2];
    memset(row, 0xff, sizeof row); /* twelve NULL fields, but for koff and kpart */
    row[0] = 0;
    row[1] = 12;
    char *at = row + 2 + 8; /* koff is the third field, kpart the eighth */
    memcpy(at, "\0\0\0\x08", 4);
    for (int i = 0; i < 8; i++) {
        at[4 + i] = (char)(offset >> (56 - 8 * i));
    }
    at += 4 + 8 + 4 * 4;
    memcpy(at, "\0\0\0\x02\0", 5);
    at[5] = (char)span;
    assert_int_equal(buf_add(&b->tables[0].rows, row, sizeof row), 0);
    assert_int_equal(buf_add(&b->raw, "{}", 2), 0);
    batch_add_row(b, &place);
    batch_note(b, span, offset, &arrival, 0);
}

static void fill(struct bench *b, struct rng *rng, size_t records)
{
    batch_begin(b->batch, &b->assignment, b->generation);
    for (size_t i = 0; i < records; i++) {
        uint32_t span = (uint32_t)rng_below(rng, FAKE_PARTITIONS);
        add_record(b->batch, span, rng_below(rng, 20) == 0);
    }
}

/* Sends the batch; the assignment follows what came out, as the consumer's would. */
static enum job_result store(struct bench *b)
{
    struct job job = {.kind = JOB_BATCH, .batch = b->batch};
    enum job_result result = run_job(b, &job);
    if (result == JOB_DONE) {
        for (size_t i = 0; i < b->batch->n_spans; i++) {
            b->assignment.slots[i].next = b->batch->spans[i].to;
        }
    } else {
        claim_all(b);
    }
    return result;
}

/* Everything below the offsets is there once, nothing above them. */
static void check_once(void)
{
    for (size_t p = 0; p < FAKE_PARTITIONS; p++) {
        for (int64_t o = 0; o < FAKE_OFFSETS; o++) {
            int want = o < fake_db.offsets[p].next ? 1 : 0;
            int is = fake_db.stored[p][o] + fake_db.dead[p][o];
            if (is != want) {
                fail_msg("partition %zu offset %" PRId64 ": %d times", p, o, is);
            }
        }
    }
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void test_loader_stores_each_record_once_whatever_breaks(void **state)
{
    struct bench *b = *state;
    struct rng rng;
    size_t fenced = 0;
    size_t seen[FAKE_FAULTS] = {0};
    rng_seed(&rng, 20261121);
    claim_all(b);
    for (int round = 0; round < 600; round++) {
        fake_db.fault = (enum fake_fault)rng_below(&rng, FAKE_FAULTS);
        seen[fake_db.fault]++;
        if (fake_db.fault == FAKE_REFUSE_CONNECT && rng_below(&rng, 2) == 0) {
            fake_db.fault = FAKE_NONE;
        }
        fill(b, &rng, 1 + (size_t)rng_below(&rng, 60));
        fenced += store(b) == JOB_FENCED;
        check_once();
    }
    for (size_t i = 0; i < FAKE_FAULTS; i++) {
        assert_true(seen[i] > 10);
    }
    assert_int_equal(fenced, seen[FAKE_OTHER_CLAIMS]);
    assert_true(metrics_value(b->metrics, METRIC_UNCERTAIN, 0) > 0);
    assert_true(fake_db.connects > 100);
}

static void test_loader_lost_commit_answer_is_not_stored_again(void **state)
{
    struct bench *b = *state;
    struct rng rng;
    rng_seed(&rng, 3);
    claim_all(b);
    fake_db.fault = FAKE_LOST_AFTER_COMMIT;
    fill(b, &rng, 50);
    fake_db.copies = 0;
    assert_int_equal(store(b), JOB_DONE);
    size_t first = fake_db.copies;
    check_once();
    fake_db.fault = FAKE_LOST_BEFORE_COMMIT;
    fill(b, &rng, 50);
    fake_db.copies = 0;
    assert_int_equal(store(b), JOB_DONE);
    assert_int_equal(fake_db.copies, 2 * first); /* this one had to be sent again */
    check_once();
}

static void test_loader_refused_rows_go_to_dead_with_and_without_a_line(void **state)
{
    struct bench *b = *state;
    struct rng rng;
    rng_seed(&rng, 4);
    claim_all(b);
    for (int lines = 0; lines < 2; lines++) {
        fake_db.refuse_modulo = 7;
        fake_db.refuse_with_line = lines == 1;
        fill(b, &rng, 500);
        assert_int_equal(store(b), JOB_DONE);
        check_once();
        for (size_t p = 0; p < FAKE_PARTITIONS; p++) {
            for (int64_t o = 0; o < fake_db.offsets[p].next; o++) {
                assert_true(o % 7 != 0 || fake_db.dead[p][o] == 1);
            }
        }
    }
    assert_true(metrics_value(b->metrics, METRIC_DEAD, DEAD_REFUSED) > 100);
}

static void test_loader_batch_of_an_old_generation_is_dropped(void **state)
{
    struct bench *b = *state;
    struct rng rng;
    rng_seed(&rng, 5);
    claim_all(b);
    fill(b, &rng, 10);
    b->generation++;
    loader_generation(b->loader, b->generation);
    struct job job = {.kind = JOB_BATCH, .batch = b->batch, .generation = b->generation - 1};
    loader_submit(b->loader, &job);
    assert_ptr_equal(loader_collect(b->loader, 20000), &job);
    assert_int_equal(job.result, JOB_DROPPED);
    check_once();
}

static void test_loader_probe_waits_for_the_connection(void **state)
{
    struct bench *b = *state;
    fake_db.fault = FAKE_REFUSE_CONNECT;
    struct job job = {.kind = JOB_PROBE};
    assert_int_equal(run_job(b, &job), JOB_DONE);
    assert_int_equal(fake_db.connects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loader_stores_each_record_once_whatever_breaks, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loader_lost_commit_answer_is_not_stored_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loader_refused_rows_go_to_dead_with_and_without_a_line,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_loader_batch_of_an_old_generation_is_dropped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loader_probe_waits_for_the_connection, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

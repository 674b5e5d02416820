#include "ingestor/ingest/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>

#include "common/base/err.h"
#include "common/base/thread.h"

#define DEADLINE 1000

static void test_delivery_all_persisted_resumes_once_and_is_durable(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_arm(&d, 3, 0, DEADLINE);
    assert_int_equal(delivery_release(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_RESUME);
    assert_int_equal(delivery_outcome(&d), DELIVERY_DURABLE);
    assert_int_equal(delivery_expire(&d, DEADLINE + 1), DELIVERY_WAIT);
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
}

static void test_delivery_reports_before_release_resume_at_release(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_arm(&d, 2, 0, DEADLINE);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_release(&d), DELIVERY_RESUME);
    assert_int_equal(delivery_outcome(&d), DELIVERY_DURABLE);
}

static void test_delivery_outcome_mix_of_reports_is_honest(void **state)
{
    (void)state;
    static const struct {
        unsigned persisted, not_persisted, maybe, refused;
        enum delivery_outcome outcome;
    } cases[] = {
        {1, 0, 0, 0, DELIVERY_DURABLE}, {0, 1, 0, 0, DELIVERY_NOT_TAKEN},
        {0, 0, 1, 0, DELIVERY_UNKNOWN}, {0, 0, 0, 1, DELIVERY_NOT_TAKEN},
        {2, 1, 0, 0, DELIVERY_UNKNOWN}, {2, 0, 0, 1, DELIVERY_UNKNOWN},
        {0, 2, 1, 0, DELIVERY_UNKNOWN}, {0, 2, 0, 3, DELIVERY_NOT_TAKEN},
        {5, 0, 1, 0, DELIVERY_UNKNOWN}, {9, 0, 0, 0, DELIVERY_DURABLE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct delivery d = {0};
        unsigned reported = cases[i].persisted + cases[i].not_persisted + cases[i].maybe;
        unsigned resumed = 0;
        delivery_arm(&d, reported + cases[i].refused, 0, DEADLINE);
        if (cases[i].refused > 0) {
            delivery_refuse(&d, cases[i].refused);
        }
        resumed += delivery_release(&d) == DELIVERY_RESUME;
        for (unsigned k = 0; k < reported; k++) {
            enum kafka_outcome o = k < cases[i].persisted ? KAFKA_PERSISTED
                                   : k < cases[i].persisted + cases[i].not_persisted
                                       ? KAFKA_NOT_PERSISTED
                                       : KAFKA_MAYBE_PERSISTED;
            resumed += delivery_report(&d, o) == DELIVERY_RESUME;
        }
        assert_int_equal(resumed, 1);
        assert_int_equal(delivery_outcome(&d), cases[i].outcome);
        assert_false(delivery_expired(&d));
    }
}

static void test_delivery_expire_before_deadline_waits(void **state)
{
    (void)state;
    struct delivery d = {0};
    assert_int_equal(delivery_expire(&d, INT64_MAX), DELIVERY_WAIT);
    delivery_arm(&d, 1, 0, DEADLINE);
    assert_int_equal(delivery_expire(&d, DEADLINE - 1), DELIVERY_WAIT);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_RESUME);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_WAIT);
}

static void test_delivery_expired_is_unknown_and_late_report_recycles(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_arm(&d, 2, 0, DEADLINE);
    assert_int_equal(delivery_release(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_RESUME);
    assert_int_equal(delivery_outcome(&d), DELIVERY_UNKNOWN);
    assert_true(delivery_expired(&d));
    assert_int_equal(delivery_finish(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_RECYCLE);
}

static void test_delivery_expired_and_reported_before_finish_recycles_at_finish(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_arm(&d, 1, 0, DEADLINE);
    assert_int_equal(delivery_release(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_RESUME);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_outcome(&d), DELIVERY_UNKNOWN);
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
}

static void test_delivery_finish_without_round_recycles(void **state)
{
    (void)state;
    struct delivery d = {0};
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
    delivery_arm(&d, 1, 0, DEADLINE);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_release(&d), DELIVERY_RESUME);
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
    /* the next use of the same memory ends before anything is sent */
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
}

static void test_delivery_arm_again_forgets_the_round_before(void **state)
{
    (void)state;
    struct delivery d = {0};
    delivery_arm(&d, 1, 0, DEADLINE);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_RESUME);
    assert_int_equal(delivery_release(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_NOT_PERSISTED), DELIVERY_WAIT);
    assert_int_equal(delivery_finish(&d), DELIVERY_RECYCLE);
    delivery_arm(&d, 1, 0, 2 * DEADLINE);
    assert_int_equal(delivery_expire(&d, DEADLINE), DELIVERY_WAIT);
    assert_int_equal(delivery_release(&d), DELIVERY_WAIT);
    assert_int_equal(delivery_report(&d, KAFKA_PERSISTED), DELIVERY_RESUME);
    assert_int_equal(delivery_outcome(&d), DELIVERY_DURABLE);
    assert_false(delivery_expired(&d));
}

/* Two threads as in the program: sender and reporter race over many rounds; each round is resumed
 * exactly once and recycled exactly once. Meant for ThreadSanitizer too. */
#define ROUNDS 20000
#define MESSAGES 3

struct race {
    struct delivery d;
    _Atomic unsigned to_report; /* messages sent and not yet reported */
    _Atomic unsigned resumes;
    _Atomic unsigned recycles;
    _Atomic bool resumed;
    _Atomic bool recycled;
    _Atomic bool stop;
};

static void note(struct race *r, enum delivery_step step)
{
    if (step == DELIVERY_RESUME) {
        atomic_fetch_add(&r->resumes, 1);
        atomic_store(&r->resumed, true);
    } else if (step == DELIVERY_RECYCLE) {
        atomic_fetch_add(&r->recycles, 1);
        atomic_store(&r->recycled, true);
    }
}

static void reporter(void *arg)
{
    struct race *r = arg;
    unsigned n = 0;
    while (!atomic_load(&r->stop)) {
        note(r, delivery_expire(&r->d, n % 3 == 0 ? DEADLINE : 0));
        if (atomic_load(&r->to_report) > 0) {
            atomic_fetch_sub(&r->to_report, 1);
            note(r, delivery_report(&r->d, n++ % 7 == 0 ? KAFKA_MAYBE_PERSISTED : KAFKA_PERSISTED));
        }
    }
}

static void test_delivery_race_resumes_and_recycles_each_round_once(void **state)
{
    (void)state;
    static struct race r;
    struct err e = {0};
    struct thread *t = thread_start("reporter", reporter, &r, &e);
    assert_non_null(t);
    for (unsigned round = 0; round < ROUNDS; round++) {
        atomic_store(&r.resumed, false);
        atomic_store(&r.recycled, false);
        delivery_arm(&r.d, MESSAGES, 0, DEADLINE);
        atomic_fetch_add(&r.to_report, MESSAGES - 1);
        delivery_refuse(&r.d, 1);
        note(&r, delivery_release(&r.d));
        while (!atomic_load(&r.resumed)) {
            sched_yield();
        }
        (void)delivery_outcome(&r.d);
        note(&r, delivery_finish(&r.d));
        while (!atomic_load(&r.recycled)) {
            sched_yield();
        }
    }
    atomic_store(&r.stop, true);
    thread_join(t);
    assert_int_equal(r.resumes, ROUNDS);
    assert_int_equal(r.recycles, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivery_all_persisted_resumes_once_and_is_durable),
        cmocka_unit_test(test_delivery_reports_before_release_resume_at_release),
        cmocka_unit_test(test_delivery_outcome_mix_of_reports_is_honest),
        cmocka_unit_test(test_delivery_expire_before_deadline_waits),
        cmocka_unit_test(test_delivery_expired_is_unknown_and_late_report_recycles),
        cmocka_unit_test(test_delivery_expired_and_reported_before_finish_recycles_at_finish),
        cmocka_unit_test(test_delivery_finish_without_round_recycles),
        cmocka_unit_test(test_delivery_arm_again_forgets_the_round_before),
        cmocka_unit_test(test_delivery_race_resumes_and_recycles_each_round_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "loadtest/audit_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define DEVICES 5u
#define EACH 40u
#define N (DEVICES * EACH)
#define ACK_US INT64_C(1795233600000000)

/* A table in memory: row i is event i / DEVICES of device i % DEVICES, until a test damages it. */
struct fixture {
    struct audit_check *check;
    struct audit_row rows[N + 10];
    size_t n;
};

static uint64_t digest_of(uint32_t device, uint32_t seq)
{
    return device * 1000u + seq + 1;
}

static struct audit_row row_of(uint32_t i)
{
    uint32_t device = i % DEVICES;
    return (struct audit_row){.device = device,
                              .seq = i / DEVICES,
                              .digest = digest_of(device, i / DEVICES),
                              .koff = 100 + i,
                              .kpart = (int16_t)(device % 2),
                              .commit_us = ACK_US + 5000};
}

/* class_of decides about each event; what is accepted is stored. */
static void setup(struct fixture *f, uint8_t (*class_of)(uint32_t i), bool clean)
{
    static const uint32_t per_device[DEVICES] = {EACH, EACH, EACH, EACH, EACH};
    struct err e;
    f->n = 0;
    f->check = audit_check_new(DEVICES, per_device, clean, &e);
    assert_non_null(f->check);
    for (uint32_t i = 0; i < N; i++) {
        struct ledger_record r = {.digest = digest_of(i % DEVICES, i / DEVICES),
                                  .ack_us = ACK_US,
                                  .device = i % DEVICES,
                                  .seq = i / DEVICES,
                                  .class = class_of(i)};
        assert_int_equal(audit_check_expect(f->check, &r, &e), 0);
        if (r.class == LEDGER_ACCEPTED) {
            f->rows[f->n++] = row_of(i);
        }
    }
}

static struct audit_result judge(struct fixture *f)
{
    struct audit_result r;
    for (size_t i = 0; i < f->n; i++) {
        audit_check_row(f->check, &f->rows[i]);
    }
    audit_check_result(f->check, &r);
    return r;
}

static uint8_t all_accepted(uint32_t i)
{
    (void)i;
    return LEDGER_ACCEPTED;
}

/* Exactly this finding, so many times, and the verdict that follows. */
static void expect_only(const struct audit_result *r, enum audit_finding finding, uint64_t n)
{
    for (int f = 0; f < AUDIT_FINDINGS; f++) {
        assert_int_equal(r->findings[f], f == (int)finding ? n : 0);
    }
    assert_int_equal(r->pass, n == 0);
}

static void test_audit_check_of_an_undamaged_table_passes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_FINDINGS, 0);
    assert_true(r.pass);
    assert_int_equal(r.stored, N);
    assert_int_equal(r.rows, N);
    assert_int_equal(r.classes[LEDGER_ACCEPTED], N);
    const struct histogram *times = audit_check_row_times(f.check);
    assert_int_equal(histogram_count(times), N);
    assert_in_range(histogram_quantile(times, 0.5), 4900000, 5100000);
    audit_check_free(f.check);
}

static void test_audit_check_rows_in_any_order_pass(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    for (size_t i = 0; i < N / 2; i++) {
        struct audit_row swap = f.rows[i];
        f.rows[i] = f.rows[N - 1 - i];
        f.rows[N - 1 - i] = swap;
    }
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_FINDINGS, 0);
    audit_check_free(f.check);
}

static void test_audit_check_removed_rows_are_lost(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.rows[7] = f.rows[--f.n];
    f.rows[100] = f.rows[--f.n];
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_LOST, 2);
    assert_int_equal(r.samples[AUDIT_LOST][0].device, 100 % DEVICES);
    assert_int_equal(r.samples[AUDIT_LOST][0].seq, 100 / DEVICES);
    audit_check_free(f.check);
}

static void test_audit_check_repeated_rows_are_doubled(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.rows[f.n++] = f.rows[3];
    f.rows[f.n++] = f.rows[3];
    f.rows[f.n++] = f.rows[9];
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_DOUBLED, 3);
    assert_int_equal(r.stored, N);
    audit_check_free(f.check);
}

static void test_audit_check_changed_values_are_altered(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.rows[3].digest ^= 1;
    f.rows[4].extra = true;
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_ALTERED, 2);
    audit_check_free(f.check);
}

static void test_audit_check_swapped_offsets_are_out_of_order(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    int64_t swap = f.rows[10].koff; /* neighbours of one device */
    f.rows[10].koff = f.rows[10 + DEVICES].koff;
    f.rows[10 + DEVICES].koff = swap;
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_ORDER, 1);
    audit_check_free(f.check);
}

static void test_audit_check_device_in_two_partitions_is_split(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.rows[20].kpart = 9;
    f.rows[25].kpart = 9; /* the same device */
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_SPLIT, 1);
    audit_check_free(f.check);
}

static void test_audit_check_rows_that_were_never_sent_are_phantoms(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.rows[f.n++] = (struct audit_row){.device = 1, .seq = EACH, .koff = 9999};
    f.rows[f.n++] = (struct audit_row){.device = DEVICES, .seq = 0, .koff = 9999};
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_PHANTOM, 2);
    audit_check_free(f.check);
}

static uint8_t third_rejected(uint32_t i)
{
    return i % 3 == 0 ? LEDGER_REJECTED : i % 3 == 1 ? LEDGER_NOT_TAKEN : LEDGER_ACCEPTED;
}

static void test_audit_check_refused_events_in_the_table_are_phantoms(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, third_rejected, true);
    struct audit_result clean = judge(&f);
    expect_only(&clean, AUDIT_FINDINGS, 0);
    audit_check_reset(f.check);
    f.rows[f.n++] = row_of(0); /* rejected */
    f.rows[f.n++] = row_of(1); /* not taken */
    struct audit_result r = judge(&f);
    assert_int_equal(r.findings[AUDIT_PHANTOM], 2);
    assert_false(r.pass);
    audit_check_free(f.check);
}

static uint8_t every_tenth_unknown(uint32_t i)
{
    return i % 10 == 0 ? LEDGER_UNKNOWN : LEDGER_ACCEPTED;
}

static void test_audit_check_unknown_events_may_be_there_or_not(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, every_tenth_unknown, true);
    struct audit_row late = row_of(0);
    late.koff = 100000; /* it landed after later events of its device */
    f.rows[f.n++] = late;
    f.rows[f.n++] = row_of(10);
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_FINDINGS, 0);
    assert_int_equal(r.unknown_stored, 2);
    assert_int_equal(r.unknown_absent, N / 10 - 2);
    audit_check_free(f.check);
}

static void test_audit_check_unknown_events_must_still_be_whole_and_single(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, every_tenth_unknown, true);
    struct audit_row bad = row_of(0);
    bad.digest++;
    f.rows[f.n++] = bad;
    f.rows[f.n++] = row_of(10);
    f.rows[f.n++] = row_of(10);
    struct audit_result r = judge(&f);
    assert_int_equal(r.findings[AUDIT_ALTERED], 1);
    assert_int_equal(r.findings[AUDIT_DOUBLED], 1);
    audit_check_free(f.check);
}

static void test_audit_check_rows_after_an_unfinished_ledger_are_unrecorded(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, false);
    f.rows[f.n++] = (struct audit_row){.device = 1, .seq = EACH + 3, .koff = 9999};
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_FINDINGS, 0);
    assert_int_equal(r.unrecorded, 1);
    audit_check_free(f.check);
}

static void test_audit_check_dead_events_are_not_lost_but_found(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, all_accepted, true);
    f.n--;
    audit_check_dead(f.check, (N - 1) % DEVICES, (N - 1) / DEVICES);
    struct audit_result r = judge(&f);
    expect_only(&r, AUDIT_DEAD, 1);
    audit_check_free(f.check);
}

static uint8_t none_accepted(uint32_t i)
{
    (void)i;
    return LEDGER_NOT_TAKEN;
}

static void test_audit_check_of_a_run_that_stored_nothing_fails(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, none_accepted, true);
    struct audit_result r = judge(&f);
    assert_false(r.pass);
    audit_check_free(f.check);
}

static void test_audit_check_invalid_event_that_was_accepted_is_found(void **state)
{
    (void)state;
    static const uint32_t one[] = {2};
    struct err e;
    struct audit_check *a = audit_check_new(1, one, true, &e);
    struct ledger_record r = {.class = LEDGER_ACCEPTED, .invalid = true, .ack_us = ACK_US};
    assert_int_equal(audit_check_expect(a, &r, &e), 0);
    r = (struct ledger_record){.class = LEDGER_REJECTED, .invalid = true, .seq = 1};
    assert_int_equal(audit_check_expect(a, &r, &e), 0);
    audit_check_row(a, &(struct audit_row){.device = 0, .seq = 0, .digest = 77});
    struct audit_result out;
    audit_check_result(a, &out);
    expect_only(&out, AUDIT_INVALID, 1);
    audit_check_free(a);
}

static void test_audit_check_event_twice_in_the_ledger_is_refused(void **state)
{
    (void)state;
    static const uint32_t one[] = {1};
    struct err e;
    struct audit_check *a = audit_check_new(1, one, true, &e);
    struct ledger_record r = {.class = LEDGER_ACCEPTED};
    assert_int_equal(audit_check_expect(a, &r, &e), 0);
    assert_int_equal(audit_check_expect(a, &r, &e), -1);
    audit_check_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit_check_of_an_undamaged_table_passes),
        cmocka_unit_test(test_audit_check_rows_in_any_order_pass),
        cmocka_unit_test(test_audit_check_removed_rows_are_lost),
        cmocka_unit_test(test_audit_check_repeated_rows_are_doubled),
        cmocka_unit_test(test_audit_check_changed_values_are_altered),
        cmocka_unit_test(test_audit_check_swapped_offsets_are_out_of_order),
        cmocka_unit_test(test_audit_check_device_in_two_partitions_is_split),
        cmocka_unit_test(test_audit_check_rows_that_were_never_sent_are_phantoms),
        cmocka_unit_test(test_audit_check_refused_events_in_the_table_are_phantoms),
        cmocka_unit_test(test_audit_check_unknown_events_may_be_there_or_not),
        cmocka_unit_test(test_audit_check_unknown_events_must_still_be_whole_and_single),
        cmocka_unit_test(test_audit_check_rows_after_an_unfinished_ledger_are_unrecorded),
        cmocka_unit_test(test_audit_check_dead_events_are_not_lost_but_found),
        cmocka_unit_test(test_audit_check_of_a_run_that_stored_nothing_fails),
        cmocka_unit_test(test_audit_check_invalid_event_that_was_accepted_is_found),
        cmocka_unit_test(test_audit_check_event_twice_in_the_ledger_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

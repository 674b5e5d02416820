#include "worker/consume/batch.h"

#include "tests/unit/worker/fixture.h"

static const struct slot slots[] = {
    {.stream = 0, .partition = 1, .epoch = 4, .next = 100},
    {.stream = 0, .partition = 2, .epoch = 5, .next = 200},
};

static struct batch *make(struct assignment *a, size_t rows, size_t bytes)
{
    const struct batch_limits limits = {.rows = rows, .bytes = bytes, .age_ns = 1000};
    struct batch *b = batch_new(1, &limits);
    assignment_init(a);
    assignment_set(a, slots, 2);
    batch_begin(b, a, 7);
    return b;
}

/* A row of row_n bytes from an event of raw_n bytes. */
static void add(struct batch *b, uint32_t span, int64_t offset, size_t row_n, size_t raw_n,
                int64_t now_ns)
{
    static const char bytes[256];
    struct batch_place place = {
        .span = span,
        .device = devices_intern(&b->devices, str_of("t\x1f"
                                                     "d")),
        .koff = offset,
        .event_us = offset,
        .row_at = b->tables[0].rows.n,
        .raw_at = b->raw.n,
    };
    assert_int_equal(buf_add(&b->tables[0].rows, bytes, row_n), 0);
    assert_int_equal(buf_add(&b->raw, bytes, raw_n), 0);
    batch_add_row(b, &place);
    const struct batch_arrival arrival = {1, 2, 1};
    batch_note(b, span, offset, &arrival, now_ns);
}

static void test_batch_due_by_rows_bytes_or_age(void **state)
{
    (void)state;
    struct assignment a;
    struct batch *b = make(&a, 3, 1000);
    assert_false(batch_due(b, INT64_MAX)); /* empty: nothing to send */
    assert_int_equal(batch_patience_ns(b, 5), INT64_MAX);
    add(b, 0, 100, 10, 10, 5000);
    assert_false(batch_due(b, 5999));
    assert_int_equal(batch_patience_ns(b, 5999), 1);
    assert_true(batch_due(b, 6000));
    add(b, 0, 101, 10, 10, 5900); /* age counts from the first */
    assert_true(batch_due(b, 6000));
    assert_false(batch_full(b));
    add(b, 1, 200, 10, 10, 5000);
    assert_true(batch_full(b)); /* three rows */
    assert_true(batch_due(b, 5000));

    batch_begin(b, &a, 8);
    assert_false(batch_due(b, INT64_MAX));
    for (int64_t i = 0; i < 2; i++) {
        add(b, 0, 100 + i, 240, 240, 5000);
    }
    assert_true(batch_full(b)); /* 2 * (240 + 240 + index) bytes */
    batch_free(b);
    assignment_release(&a);
}

static void test_batch_begin_takes_the_assignments_places(void **state)
{
    (void)state;
    struct assignment a;
    struct batch *b = make(&a, 10, 1000);
    add(b, 1, 200, 1, 1, 0);
    add(b, 1, 205, 1, 1, 0); /* a gap is the caller's decision */
    assert_int_equal(b->generation, 7);
    assert_int_equal(b->n_spans, 2);
    assert_int_equal(b->spans[0].from, 100);
    assert_int_equal(b->spans[0].to, 100);
    assert_int_equal(b->spans[1].epoch, 5);
    assert_int_equal(b->spans[1].from, 200);
    assert_int_equal(b->spans[1].to, 206);
    a.slots[1].next = 206;
    batch_begin(b, &a, 9);
    assert_int_equal(b->spans[1].from, 206);
    assert_int_equal(b->records, 0);
    assert_int_equal(b->bytes, 0);
    assert_int_equal(b->tables[0].n, 0);
    assert_int_equal(b->devices.n, 0);
    batch_free(b);
    assignment_release(&a);
}

static void test_batch_refuse_moves_a_row_to_the_dead(void **state)
{
    (void)state;
    struct assignment a;
    struct batch *b = make(&a, 10, 1000);
    add(b, 0, 100, 8, 5, 0);
    add(b, 1, 200, 9, 6, 0);
    memcpy(b->raw.p + 5, "second", 6);
    const struct dead what = {
        .topic = "t.car", .reason = DEAD_REFUSED, .detail = str_of("no"), .sqlstate = "23514"};
    assert_int_equal(batch_refuse(b, 0, 1, &what), 0);
    assert_int_equal(b->tables[0].refused, 1);
    assert_true(b->tables[0].index[1].refused);
    assert_false(b->tables[0].index[0].refused);
    assert_int_equal(b->n_dead, 1);
    struct fixture_field f[9];
    assert_int_equal(fixture_fields(b->dead.p, b->dead.n, f, 9), 9);
    assert_int_equal(fixture_be(f[1].p, 4), 2);
    assert_int_equal(fixture_be(f[2].p, 8), 200);
    assert_true(fixture_is(&f[3], "database"));
    assert_true(fixture_is(&f[4], "refused: no"));
    assert_true(fixture_is(&f[5], "23514"));
    assert_true(fixture_is(&f[6], "t\x1f"
                                  "d"));
    assert_true(fixture_is(&f[7], "second"));
    assert_int_equal(b->spans[1].to, 201); /* the offset stays used up */
    batch_free(b);
    assignment_release(&a);
}

static void test_batch_note_merges_equal_arrivals(void **state)
{
    (void)state;
    struct assignment a;
    struct batch *b = make(&a, SIZE_MAX, SIZE_MAX / 4);
    static const int64_t received[] = {5, 5, 6, 5};
    for (int64_t i = 0; i < 4; i++) {
        const struct batch_arrival arrival = {received[i], 9, 1};
        batch_note(b, 0, 100 + i, &arrival, 0);
    }
    assert_int_equal(b->n_arrivals, 3);
    assert_int_equal(b->arrivals[0].n, 2);
    for (int64_t i = 4; i < 3 * BATCH_ARRIVALS_MAX; i++) {
        const struct batch_arrival arrival = {i, 9, 1};
        batch_note(b, 0, 100 + i, &arrival, 0);
    }
    uint64_t total = 0;
    assert_int_equal(b->n_arrivals, BATCH_ARRIVALS_MAX);
    for (size_t i = 0; i < b->n_arrivals; i++) {
        total += b->arrivals[i].n;
    }
    assert_int_equal(total, 3 * BATCH_ARRIVALS_MAX);
    batch_free(b);
    assignment_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_due_by_rows_bytes_or_age),
        cmocka_unit_test(test_batch_begin_takes_the_assignments_places),
        cmocka_unit_test(test_batch_refuse_moves_a_row_to_the_dead),
        cmocka_unit_test(test_batch_note_merges_equal_arrivals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

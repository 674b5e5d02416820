#include "worker/consume/intake.h"

#include "common/base/clock.h"
#include "common/contract/copy_fields.h"
#include "common/contract/event_id.h"
#include "tests/unit/worker/fixture.h"

#define NOW_US (INT64_C(1795233600) * US_PER_S) /* 2026-11-21T04:00:00Z */

struct bench {
    struct streams streams;
    struct intake *intake;
    struct batch *batch;
    struct assignment assignment;
};

static int setup(void **state)
{
    struct bench *b = mem_calloc(1, sizeof *b);
    fixture_streams(&b->streams);
    const struct intake_options options = {
        .accept_past_us = 7 * INT64_C(86400) * US_PER_S,
        .accept_future_us = 600 * US_PER_S,
        .max_event = 1024,
    };
    b->intake = intake_new(&b->streams, &options);
    const struct batch_limits limits = {.rows = 100, .bytes = 1 << 20, .age_ns = 1000};
    b->batch = batch_new(1, &limits);
    assignment_init(&b->assignment);
    const struct slot slot = {.stream = 0, .partition = 3, .epoch = 8, .next = 40};
    assignment_set(&b->assignment, &slot, 1);
    batch_begin(b->batch, &b->assignment, 1);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    intake_free(b->intake);
    batch_free(b->batch);
    assignment_release(&b->assignment);
    streams_release(&b->streams);
    mem_free(b);
    return 0;
}

/* The window of the one partition; NULL unless a test wants one. */
static struct dedupe *window;

static void put(struct bench *b, const char *key, const char *value, int64_t timestamp_us)
{
    const struct record r = {
        .window = window,
        .offset = b->batch->spans[0].to,
        .timestamp_us = timestamp_us,
        .key = str_of(key),
        .value = str_of(value),
    };
    const struct intake_time now = {NOW_US, 5000};
    assert_int_equal(intake_record(b->intake, b->batch, &r, &now), 0);
}

static void test_intake_record_valid_event_becomes_a_row(void **state)
{
    struct bench *b = *state;
    static const char event[] = "{\"id\":\"v1\",\"at\":\"2026-11-21T03:59:00Z\",\"soc\":50.5,"
                                "\"km\":7,\"extra\":{\"x\":[1]},"
                                "\"eid\":\"6F1D2C3B-4A59-4871-8E6F-0123456789AB\"}";
    put(b, "acme\x1fv1", event, NOW_US - 1000);
    const struct batch_table *t = &b->batch->tables[0];
    assert_int_equal(t->n, 1);
    assert_int_equal(b->batch->n_dead, 0);
    assert_int_equal(b->batch->spans[0].to, 41);
    assert_int_equal(t->index[0].koff, 40);
    assert_int_equal(t->index[0].raw_n, sizeof event - 1);
    assert_memory_equal(b->batch->raw.p + t->index[0].raw_at, event, sizeof event - 1);

    struct fixture_field f[16];
    assert_int_equal(fixture_fields(t->rows.p + t->index[0].row_at, t->index[0].row_n, f, 16), 12);
    assert_int_equal(fixture_be(f[0].p, 8), NOW_US - 60 * US_PER_S - COPY_EPOCH_US);
    assert_int_equal(fixture_be(f[1].p, 8), NOW_US - 1000 - COPY_EPOCH_US);
    assert_int_equal(fixture_be(f[2].p, 8), 40);
    assert_int_equal(fixture_be(f[3].p, 8), 7);          /* km: wide columns come first */
    assert_int_equal(f[4].n, 4);                         /* soc real */
    assert_int_equal(fixture_be(f[4].p, 4), 0x424a0000); /* 50.5 */
    assert_int_equal(f[5].n, -1);                        /* note */
    uint8_t id[EVENT_ID_SIZE];
    assert_int_equal(event_id_parse(str_of("6f1d2c3b-4a59-4871-8e6f-0123456789ab"), id), 0);
    assert_int_equal(f[6].n, EVENT_ID_SIZE);
    assert_memory_equal(f[6].p, id, EVENT_ID_SIZE);
    assert_int_equal(fixture_be(f[7].p, 2), 3); /* kpart */
    assert_int_equal(fixture_be(f[8].p, 2), 0); /* flags */
    assert_true(fixture_is(&f[9], "acme"));
    assert_true(fixture_is(&f[10], "v1"));
    assert_true(fixture_is(&f[11], "\x01{\"extra\":{\"x\":[1]}}"));
}

static void test_intake_record_bad_record_becomes_a_dead_event(void **state)
{
    struct bench *b = *state;
    static char large[2048];
    memset(large, ' ', sizeof large - 1);
    static const struct {
        const char *key;
        const char *value;
        enum dead_reason want;
        const char *reason;
    } cases[] = {
        {"v1", "{}", DEAD_BAD_KEY, "bad_key"},
        {NULL, "{}", DEAD_BAD_KEY, "bad_key"},
        {"acme\x1fv1", "", DEAD_EMPTY, "empty"},
        {"acme\x1fv1", NULL, DEAD_EMPTY, "empty"},
        {"acme\x1fv1", large, DEAD_TOO_LARGE, "too_large"},
        {"acme\x1fv1", "not json", DEAD_INVALID, "invalid: "},
        {"acme\x1fv1", "{\"id\":\"v1\"}", DEAD_INVALID, "invalid: "},
        {"acme\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-21T03:59:00Z\",\"soc\":101}", DEAD_INVALID,
         "invalid: /soc maximum"},
        {"acme\x1fv2", "{\"id\":\"v1\",\"at\":\"2026-11-21T03:59:00Z\"}", DEAD_DEVICE_MISMATCH,
         "device_mismatch"},
        {"acme\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-14T03:59:59Z\"}", DEAD_TOO_OLD,
         "too_old: 2026-11-14T03:59:59.000000Z"},
        {"acme\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-21T04:10:01Z\"}", DEAD_TOO_FAR_AHEAD,
         "too_far_ahead: 2026-11-21T04:10:01.000000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        batch_begin(b->batch, &b->assignment, 1);
        put(b, cases[i].key, cases[i].value, NOW_US);
        assert_int_equal(b->batch->tables[0].n, 0);
        assert_int_equal(b->batch->n_dead, 1);
        assert_int_equal(b->batch->dead_counts[cases[i].want], 1);
        assert_int_equal(b->batch->spans[0].to, 41); /* its offset is used up */
        struct fixture_field f[9];
        assert_int_equal(fixture_fields(b->batch->dead.p, b->batch->dead.n, f, 9), 9);
        assert_true(fixture_is(&f[0], "t.car"));
        assert_int_equal(fixture_be(f[1].p, 4), 3);
        assert_int_equal(fixture_be(f[2].p, 8), 40);
        assert_true((size_t)f[4].n >= strlen(cases[i].reason));
        assert_memory_equal(f[4].p, cases[i].reason, strlen(cases[i].reason));
        assert_int_equal(f[5].n, -1); /* no SQLSTATE */
        if (cases[i].key == NULL) {
            assert_int_equal(f[6].n, -1);
        } else {
            assert_true(fixture_is(&f[6], cases[i].key));
        }
        if (cases[i].value == NULL) {
            assert_int_equal(f[7].n, -1);
        } else {
            assert_true(fixture_is(&f[7], cases[i].value));
        }
    }
}

static void test_intake_record_window_has_both_edges_inside(void **state)
{
    struct bench *b = *state;
    put(b, "a\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-14T04:00:00Z\"}", NOW_US);
    put(b, "a\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-21T04:10:00Z\"}", NOW_US);
    assert_int_equal(b->batch->tables[0].n, 2);
    assert_int_equal(b->batch->tables[0].min_us, NOW_US - 7 * INT64_C(86400) * US_PER_S);
    assert_int_equal(b->batch->tables[0].max_us, NOW_US + 600 * US_PER_S);
}

static void test_intake_record_window_follows_the_receive_time(void **state)
{
    struct bench *b = *state;
    /* Received five days ago and left in Kafka since: not too old now. */
    put(b, "a\x1fv1", "{\"id\":\"v1\",\"at\":\"2026-11-10T04:00:00Z\"}",
        NOW_US - 5 * INT64_C(86400) * US_PER_S);
    assert_int_equal(b->batch->tables[0].n, 1);
}

static void test_intake_record_order_and_ids_survive_a_long_run(void **state)
{
    struct bench *b = *state;
    char key[32];
    char value[96];
    for (int i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof key, "a\x1fv%d", i % 7);
        (void)snprintf(value, sizeof value,
                       "{\"id\":\"v%d\",\"at\":\"2026-11-21T03:59:00Z\",\"km\":%d}", i % 7, i);
        put(b, key, value, NOW_US);
    }
    const struct batch_table *t = &b->batch->tables[0];
    assert_int_equal(t->n, 50);
    assert_int_equal(b->batch->devices.n, 7);
    for (int i = 0; i < 50; i++) {
        struct fixture_field f[16];
        (void)fixture_fields(t->rows.p + t->index[i].row_at, t->index[i].row_n, f, 16);
        assert_int_equal(fixture_be(f[2].p, 8), 40 + i);
        assert_int_equal(fixture_be(f[3].p, 8), i);
    }
}

static void test_intake_record_same_id_again_moves_the_offset_only(void **state)
{
    struct bench *b = *state;
    static const char event[] = "{\"id\":\"v1\",\"at\":\"2026-11-21T03:59:00Z\",\"soc\":1}";
    static const char other[] = "{\"id\":\"v1\",\"at\":\"2026-11-21T03:59:00Z\",\"soc\":2}";
    window = dedupe_new(1000, US_PER_S, 1);
    put(b, "acme\x1fv1", event, NOW_US);
    put(b, "acme\x1fv1", event, NOW_US);
    put(b, "acme\x1fv1", other, NOW_US);
    put(b, "umbra\x1fv1", event, NOW_US); /* another tenant's event of the same bytes */
    dedupe_free(window);
    window = NULL;
    assert_int_equal(b->batch->tables[0].n, 3);
    assert_int_equal(b->batch->n_duplicates, 1);
    assert_int_equal(b->batch->spans[0].to, 44);
    assert_int_equal(b->batch->records, 4);
    assert_int_equal(b->batch->raw.n, 3 * (sizeof event - 1));
    put(b, "acme\x1fv1", event, NOW_US);
    assert_int_equal(b->batch->tables[0].n, 4); /* no window: no deduplication */
}

static void test_intake_reference_us_stays_between_backlog_and_now(void **state)
{
    (void)state;
    assert_int_equal(intake_reference_us(NOW_US - 5, NOW_US), NOW_US - 5);
    assert_int_equal(intake_reference_us(0, NOW_US), NOW_US);
    assert_int_equal(intake_reference_us(-5, NOW_US), NOW_US);
    assert_int_equal(intake_reference_us(NOW_US + 5, NOW_US), NOW_US);
    assert_int_equal(intake_reference_us(INT64_MAX, NOW_US), NOW_US);
    assert_int_equal(intake_reference_us(1, NOW_US), NOW_US - INTAKE_BACKLOG_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_intake_record_valid_event_becomes_a_row, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_intake_record_bad_record_becomes_a_dead_event, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_intake_record_window_has_both_edges_inside, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_intake_record_window_follows_the_receive_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_intake_record_order_and_ids_survive_a_long_run, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_intake_record_same_id_again_moves_the_offset_only,
                                        setup, teardown),
        cmocka_unit_test(test_intake_reference_us_stays_between_backlog_and_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

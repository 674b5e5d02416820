#include "loadtest/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/contract/contract.h"
#include "common/contract/copy_fields.h"
#include "common/contract/event.h"
#include "common/contract/event_id.h"
#include "loadtest/audit_check.h"
#include "loadtest/ident.h"
#include "loadtest/table.h"

#define RUN UINT64_C(0xfedcba9876543210)
#define NOW_US INT64_C(1795233600123456)

static struct payload *new_payload(const char *contract, uint64_t seed)
{
    struct payload_conf conf = {.contract = contract, .run = RUN, .seed = seed, .vehicles = 100};
    struct payload *p = payload_new(&conf, NULL);
    assert_non_null(p);
    return p;
}

static struct contract *load_contract(const char *name)
{
    char path[256];
    struct err e;
    assert_true(snprintf(path, sizeof path, "config/contracts/%s.json", name) < (int)sizeof path);
    struct contract *c = contract_load(path, &e);
    assert_non_null(c);
    return c;
}

static const char *const contracts[] = {"vehicle-telemetry", "sensor-reading"};

static void test_payload_columns_are_those_of_the_bundled_contract(void **state)
{
    (void)state;
    static const enum digest_type types[] = {
        [COLUMN_REAL] = DIGEST_REAL, [COLUMN_FLOAT8] = DIGEST_FLOAT8,
        [COLUMN_INT2] = DIGEST_INT,  [COLUMN_INT4] = DIGEST_INT,
        [COLUMN_INT8] = DIGEST_INT,  [COLUMN_BOOL] = DIGEST_BOOL,
        [COLUMN_TEXT] = DIGEST_TEXT, [COLUMN_TIMESTAMPTZ] = DIGEST_TIME,
        [COLUMN_UUID] = DIGEST_UUID};
    for (size_t i = 0; i < ARRAY_SIZE(contracts); i++) {
        struct payload *p = new_payload(contracts[i], 1);
        struct contract *c = load_contract(contracts[i]);
        struct ledger_run run = {0};
        payload_describe(p, &run);
        size_t n;
        const struct contract_column *columns = contract_columns(c, &n);
        assert_int_equal(run.n_columns, n);
        assert_string_equal(run.table, contract_table(c));
        for (size_t k = 0; k < n; k++) {
            size_t found = 0;
            while (found < n && strcmp(run.columns[found].name, columns[k].name) != 0) {
                found++;
            }
            assert_true(found < n);
            assert_int_equal(run.columns[found].type, types[columns[k].type]);
        }
        contract_free(c);
        payload_free(p);
    }
}

/* The row that the worker's encoder makes of the printed text, as binary COPY gives it back. */
static uint64_t digest_through_copy(const struct ledger_run *run, const struct contract *c,
                                    const struct event *ev, const struct payload_event *made)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(copy_fields_event(c, ev, &out), 0);
    size_t n;
    const struct contract_column *columns = contract_columns(c, &n);
    struct copy_field by_contract[CONTRACT_COLUMNS_MAX];
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t length = copy_field_read_int4((const uint8_t *)out.p + at);
        by_contract[i] = (struct copy_field){(const uint8_t *)out.p + at + 4, length};
        at += 4 + (length > 0 ? (size_t)length : 0);
    }
    assert_int_equal(at, out.n);
    uint8_t id[IDENT_SIZE];
    uint8_t time[8];
    uint64_t pg_us = (uint64_t)(ev->time_us - COPY_EPOCH_US);
    for (int i = 0; i < 8; i++) {
        time[i] = (uint8_t)(pg_us >> (56 - 8 * i));
    }
    ident_make(RUN, made->device, made->seq, id);
    static const uint8_t zero[8];
    struct copy_field fields[TABLE_FIXED_FIELDS + DIGEST_COLUMNS_MAX] = {
        {id, 16},
        {zero, 2},
        {zero, 8},
        {time, 8},
        {(const uint8_t *)ev->device.p, (int32_t)ev->device.n},
        {zero, 1},
        {NULL, -1}};
    for (uint32_t k = 0; k < run->n_columns; k++) {
        for (size_t i = 0; i < n; i++) {
            if (strcmp(columns[i].name, run->columns[k].name) == 0) {
                fields[TABLE_FIXED_FIELDS + k] = by_contract[i];
            }
        }
    }
    struct audit_row row;
    bool ours = false;
    struct err e;
    assert_int_equal(table_decode_row(run, fields, &row, &ours, &e), 0);
    assert_true(ours);
    assert_int_equal(row.device, made->device);
    assert_int_equal(row.seq, made->seq);
    buf_release(&out);
    return row.digest;
}

static void test_payload_valid_events_pass_the_contract_and_store_what_the_digest_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(contracts); i++) {
        struct payload *p = new_payload(contracts[i], 77);
        struct contract *c = load_contract(contracts[i]);
        struct validator *v = validator_new(PAYLOAD_EVENT_MAX);
        struct ledger_run run = {.run = RUN};
        payload_describe(p, &run);
        static char text[PAYLOAD_EVENT_MAX + JSON_PADDING];
        for (uint32_t k = 0; k < 20000; k++) {
            struct payload_event made;
            int64_t time_us = NOW_US + (int64_t)k * 137911;
            char *end = payload_write(p, k % 100, time_us, PAYLOAD_VALID, text, &made);
            struct event ev;
            struct violations bad;
            int rc = event_validate(v, c, text, (size_t)(end - text), &ev, &bad);
            if (rc != 0) {
                print_error("%.*s\n%s: %s\n", (int)(end - text), text, bad.items[0].pointer,
                            bad.items[0].detail);
            }
            assert_int_equal(rc, 0);
            assert_false(ev.has_extra);
            assert_int_equal(made.seq, k / 100);
            assert_int_equal(ev.time_us, time_us - time_us % 1000);
            assert_int_equal(ev.time_us, made.time_us);
            uint8_t id[IDENT_SIZE];
            uint8_t expected[IDENT_SIZE];
            assert_int_equal(event_id_parse(ev.client_id, id), 0);
            ident_make(RUN, made.device, made.seq, expected);
            assert_memory_equal(id, expected, IDENT_SIZE);
            assert_true(digest_through_copy(&run, c, &ev, &made) == made.digest);
        }
        validator_free(v);
        contract_free(c);
        payload_free(p);
    }
}

static void test_payload_every_flaw_is_refused_by_the_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(contracts); i++) {
        struct payload *p = new_payload(contracts[i], 5);
        struct contract *c = load_contract(contracts[i]);
        struct validator *v = validator_new(PAYLOAD_EVENT_MAX);
        static char text[PAYLOAD_EVENT_MAX + JSON_PADDING];
        for (int flaw = PAYLOAD_VALID + 1; flaw < PAYLOAD_FLAWS; flaw++) {
            struct payload_event made;
            char *end = payload_write(p, 3, NOW_US, (enum payload_flaw)flaw, text, &made);
            struct event ev;
            struct violations bad;
            assert_true(made.invalid);
            assert_int_equal(event_validate(v, c, text, (size_t)(end - text), &ev, &bad), -1);
            assert_string_not_equal(bad.items[0].code, "json");
        }
        validator_free(v);
        contract_free(c);
        payload_free(p);
    }
}

static void test_payload_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    struct payload *a = new_payload("vehicle-telemetry", 9);
    struct payload *b = new_payload("vehicle-telemetry", 9);
    for (uint32_t k = 0; k < 1000; k++) {
        char x[PAYLOAD_EVENT_MAX];
        char y[PAYLOAD_EVENT_MAX];
        struct payload_event ex;
        struct payload_event ey;
        char *x_end = payload_write(a, k % 7, NOW_US, PAYLOAD_VALID, x, &ex);
        char *y_end = payload_write(b, k % 7, NOW_US, PAYLOAD_VALID, y, &ey);
        assert_int_equal(x_end - x, y_end - y);
        assert_memory_equal(x, y, (size_t)(x_end - x));
        assert_true(ex.digest == ey.digest);
    }
    payload_free(a);
    payload_free(b);
}

static void test_payload_unknown_contract_is_refused(void **state)
{
    (void)state;
    struct payload_conf conf = {.contract = "nothing", .vehicles = 1};
    struct err e;
    assert_null(payload_new(&conf, &e));
    assert_int_equal(e.code, ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payload_columns_are_those_of_the_bundled_contract),
        cmocka_unit_test(
            test_payload_valid_events_pass_the_contract_and_store_what_the_digest_says),
        cmocka_unit_test(test_payload_every_flaw_is_refused_by_the_contract),
        cmocka_unit_test(test_payload_same_seed_gives_the_same_bytes),
        cmocka_unit_test(test_payload_unknown_contract_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

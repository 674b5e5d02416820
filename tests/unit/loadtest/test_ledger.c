#include "loadtest/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadtest/ledger_format.h"

#define EVENTS (3 * LEDGER_BLOCK_RECORDS + 100) /* three whole blocks and a part */

static char path[] = "/tmp/tidegate-ledger-XXXXXX";

static struct ledger_record record_of(uint32_t i)
{
    return (struct ledger_record){.digest = i * UINT64_C(0x9e3779b97f4a7c15),
                                  .ack_us = INT64_C(1795233600000000) + i,
                                  .device = i % 7,
                                  .seq = i / 7,
                                  .class = (uint8_t)(1 + i % (LEDGER_CLASSES - 1)),
                                  .invalid = i % 3 == 0};
}

static struct ledger_writer *create(void)
{
    struct ledger_run run;
    struct err e;
    memset(&run, 0, sizeof run);
    run.run = 42;
    run.vehicles = 7;
    run.n_columns = 1;
    (void)snprintf(run.table, sizeof run.table, "vehicle_telemetry");
    (void)snprintf(run.columns[0].name, sizeof run.columns[0].name, "battery_soc");
    run.columns[0].type = DIGEST_REAL;
    struct ledger_writer *w = ledger_create(path, &run, &e);
    assert_non_null(w);
    return w;
}

static void write_events(uint32_t n, bool end)
{
    struct err e;
    struct ledger_writer *w = create();
    for (uint32_t i = 0; i < n; i++) {
        struct ledger_record r = record_of(i);
        assert_int_equal(ledger_add(w, &r, 1000 + i, &e), 0);
    }
    assert_int_equal(ledger_flush(w, &e), 0);
    off_t flushed = 0;
    if (!end) {
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        assert_int_equal(fseek(f, 0, SEEK_END), 0);
        flushed = ftell(f);
        (void)fclose(f);
    }
    assert_int_equal(ledger_finish(w, &e), 0);
    if (!end) { /* as after a kill of the generator */
        assert_int_equal(truncate(path, flushed), 0);
    }
}

/* Reads all; the number of records, or -1 when the reader refuses. */
static int64_t read_events(bool *clean)
{
    struct err e;
    struct ledger_reader *r = ledger_open(path, &e);
    if (r == NULL) {
        return -1;
    }
    int64_t n = 0;
    struct ledger_record got;
    int rc;
    while ((rc = ledger_next(r, &got, &e)) == 1) {
        struct ledger_record expected = record_of((uint32_t)n);
        assert_true(got.digest == expected.digest);
        assert_int_equal(got.ack_us, expected.ack_us);
        assert_int_equal(got.device, expected.device);
        assert_int_equal(got.seq, expected.seq);
        assert_int_equal(got.class, expected.class);
        assert_int_equal(got.invalid, expected.invalid);
        n++;
    }
    *clean = ledger_clean(r);
    ledger_close(r);
    return rc == 0 ? n : -1;
}

static void damage(off_t offset)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    (void)close(fd);
}

static off_t file_size(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t n = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    return n;
}

static void test_ledger_what_was_written_is_read_back(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, LEDGER_BLOCK_RECORDS, LEDGER_BLOCK_RECORDS + 1, EVENTS};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bool clean = false;
        write_events(counts[i], true);
        assert_int_equal(read_events(&clean), counts[i]);
        assert_true(clean);
    }
}

static void test_ledger_header_describes_the_run(void **state)
{
    (void)state;
    struct err e;
    write_events(10, true);
    struct ledger_reader *r = ledger_open(path, &e);
    assert_non_null(r);
    const struct ledger_run *run = ledger_run_of(r);
    assert_int_equal(run->run, 42);
    assert_int_equal(run->vehicles, 7);
    assert_string_equal(run->table, "vehicle_telemetry");
    assert_string_equal(run->columns[0].name, "battery_soc");
    struct ledger_record got;
    while (ledger_next(r, &got, &e) == 1) {
    }
    assert_int_equal(ledger_first_event_us(r), 1000);
    assert_int_equal(ledger_last_event_us(r), 1009);
    ledger_rewind(r);
    assert_int_equal(ledger_next(r, &got, &e), 1);
    assert_int_equal(got.seq, 0);
    ledger_close(r);
}

static void test_ledger_without_end_is_read_but_not_clean(void **state)
{
    (void)state;
    bool clean = true;
    write_events(EVENTS, false);
    assert_int_equal(read_events(&clean), EVENTS);
    assert_false(clean);
}

/* Wherever a kill or a full disk cuts the file, whole blocks before the cut are read. */
static void test_ledger_torn_tail_ends_at_the_last_whole_block(void **state)
{
    (void)state;
    write_events(EVENTS, false);
    off_t size = file_size();
    const off_t block = sizeof(struct ledger_block_header) +
                        LEDGER_BLOCK_RECORDS * sizeof(struct ledger_file_record);
    for (off_t cut = size - 1; cut > LEDGER_HEADER_SIZE; cut -= 997) {
        assert_int_equal(truncate(path, cut), 0);
        bool clean = true;
        int64_t whole = (cut - LEDGER_HEADER_SIZE) / block;
        assert_int_equal(read_events(&clean), whole * LEDGER_BLOCK_RECORDS);
        assert_false(clean);
    }
}

static void test_ledger_damage_in_the_middle_is_refused(void **state)
{
    (void)state;
    const off_t block = sizeof(struct ledger_block_header) +
                        LEDGER_BLOCK_RECORDS * sizeof(struct ledger_file_record);
    for (off_t at = LEDGER_HEADER_SIZE; at < LEDGER_HEADER_SIZE + 2 * block; at += 331) {
        bool clean;
        write_events(EVENTS, true);
        damage(at);
        assert_int_equal(read_events(&clean), -1);
    }
}

static void test_ledger_damaged_last_block_is_not_clean(void **state)
{
    (void)state;
    bool clean = true;
    write_events(EVENTS, true);
    damage(file_size() - 1); /* in the end block */
    assert_int_equal(read_events(&clean), EVENTS);
    assert_false(clean);
}

static void test_ledger_damaged_header_is_refused(void **state)
{
    (void)state;
    static const off_t places[] = {0, 9, 13, 20, 200, 2700};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        bool clean;
        write_events(5, true);
        damage(places[i]);
        assert_int_equal(read_events(&clean), -1);
    }
}

static void test_ledger_create_where_nothing_can_be_written_says_so(void **state)
{
    (void)state;
    struct err e;
    struct ledger_run run;
    memset(&run, 0, sizeof run);
    assert_null(ledger_create("/dev/full", &run, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.text, "No space left on device"));
    assert_null(ledger_create("/nonexistent/ledger", &run, &e));
    assert_int_equal(e.code, ERR_IO);
}

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger_what_was_written_is_read_back),
        cmocka_unit_test(test_ledger_header_describes_the_run),
        cmocka_unit_test(test_ledger_without_end_is_read_but_not_clean),
        cmocka_unit_test(test_ledger_torn_tail_ends_at_the_last_whole_block),
        cmocka_unit_test(test_ledger_damage_in_the_middle_is_refused),
        cmocka_unit_test(test_ledger_damaged_last_block_is_not_clean),
        cmocka_unit_test(test_ledger_damaged_header_is_refused),
        cmocka_unit_test(test_ledger_create_where_nothing_can_be_written_says_so),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}

#include "worker/load/refill.h"

#include "tests/unit/worker/fixture.h"

#include <string.h>

static void test_refill_sql_names_claimed_offsets_only(void **state)
{
    (void)state;
    struct streams streams;
    fixture_streams(&streams);
    static const struct claim claims[] = {
        {.partition = 3, .low = 0, .next = 5000},
        {.partition = 4, .low = 7, .next = 7}, /* nothing was stored */
        {.partition = 5, .low = 10, .next = 2000},
    };
    const struct windows_options options = {3000, 60 * INT64_C(1000000)};
    struct windows *w = windows_new(&options, 3, 1);
    struct buf sql;
    buf_init(&sql, SQL_MAX);
    size_t wanted = 0;
    assert_int_equal(refill_sql(&sql, &streams, 0, claims, w, &wanted), 0);
    assert_int_equal(wanted, 2);
    assert_int_equal(buf_add(&sql, "", 1), 0);
    assert_string_equal(sql.p, "COPY (SELECT kpart, koff, event_id, received_at FROM \"car\" WHERE "
                               "received_at > now() - interval '60000 ms' AND "
                               "((kpart = 3 AND koff >= 4000 AND koff < 5000) OR "
                               "(kpart = 5 AND koff >= 1000 AND koff < 2000))) "
                               "TO STDOUT (FORMAT binary)");
    windows_free(w);
    w = windows_new(&options, 1, 1);
    buf_reset(&sql);
    assert_int_equal(refill_sql(&sql, &streams, 0, claims + 1, w, &wanted), 0);
    assert_int_equal(wanted, 0);
    assert_int_equal(sql.n, 0);
    windows_free(w);
    buf_release(&sql);
    streams_release(&streams);
}

/* As PostgreSQL 15 sends it: COPY (SELECT 3::int2, 258::int8, uuid, '2000-01-01 00:00:01+00'). */
static const char row_bytes[] = "\0\4"
                                "\0\0\0\2"
                                "\0\3"
                                "\0\0\0\x8"
                                "\0\0\0\0\0\0\1\2"
                                "\0\0\0\x10"
                                "0123456789abcdef"
                                "\0\0\0\x8"
                                "\0\0\0\0\0\x0f\x42\x40";
static const char header_bytes[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

static void check_row(const char *piece, size_t n)
{
    struct refill_row row;
    assert_true(refill_decode(piece, n, &row));
    assert_int_equal(row.partition, 3);
    assert_int_equal(row.offset, 258);
    assert_memory_equal(row.id, "0123456789abcdef", 16);
    assert_int_equal(row.received_us, INT64_C(946684801) * 1000000);
}

static void test_refill_decode_reads_rows_with_and_without_header(void **state)
{
    (void)state;
    char both[128];
    memcpy(both, header_bytes, 19);
    memcpy(both + 19, row_bytes, sizeof row_bytes - 1);
    check_row(row_bytes, sizeof row_bytes - 1);
    check_row(both, 19 + sizeof row_bytes - 1);
}

static void test_refill_decode_passes_over_what_is_no_row(void **state)
{
    (void)state;
    struct refill_row row;
    assert_false(refill_decode("\xff\xff", 2, &row));
    assert_false(refill_decode(header_bytes, 19, &row));
    assert_false(refill_decode(row_bytes, sizeof row_bytes - 2, &row));
    assert_false(refill_decode("", 0, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refill_sql_names_claimed_offsets_only),
        cmocka_unit_test(test_refill_decode_reads_rows_with_and_without_header),
        cmocka_unit_test(test_refill_decode_passes_over_what_is_no_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

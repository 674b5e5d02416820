#include "worker/admin/ddl.h"

#include "tests/unit/worker/fixture.h"

static void test_ddl_create_puts_wide_columns_first(void **state)
{
    (void)state;
    struct streams streams;
    struct buf sql;
    fixture_streams(&streams);
    buf_init(&sql, 65536);
    assert_int_equal(ddl_create(&sql, "car", streams.items[0].contract), 0);
    assert_int_equal(buf_add(&sql, "", 1), 0);
    assert_string_equal(
        sql.p,
        "CREATE TABLE \"car\" (\"event_time\" timestamp with time zone NOT NULL, "
        "\"received_at\" timestamp with time zone NOT NULL, \"koff\" bigint NOT NULL, "
        "\"km\" bigint, \"soc\" real, \"kpart\" smallint NOT NULL, \"flags\" smallint NOT NULL, "
        "\"event_id\" uuid NOT NULL, \"tenant\" text COLLATE \"C\" NOT NULL, "
        "\"device\" text COLLATE \"C\" NOT NULL, \"note\" text, \"extra\" jsonb) "
        "PARTITION BY RANGE (event_time);"
        "CREATE INDEX ON \"car\" USING brin (event_time);"
        "CREATE INDEX ON \"car\" USING brin (device) WITH (pages_per_range = 1);"
        "CREATE INDEX ON \"car\" USING brin (koff);");
    buf_release(&sql);
    streams_release(&streams);
}

static void test_ddl_changes_of_one_column(void **state)
{
    (void)state;
    const struct ddl_column column = {"so\"c", "double precision", false};
    struct buf sql;
    buf_init(&sql, 65536);
    assert_int_equal(ddl_add_column(&sql, "car", &column), 0);
    assert_int_equal(ddl_change_type(&sql, "car", &column), 0);
    assert_int_equal(buf_add(&sql, "", 1), 0);
    assert_string_equal(sql.p, "ALTER TABLE \"car\" ADD COLUMN \"so\"\"c\" double precision;"
                               "ALTER TABLE \"car\" ALTER COLUMN \"so\"\"c\" TYPE double precision "
                               "USING \"so\"\"c\"::double precision;");
    buf_release(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ddl_create_puts_wide_columns_first),
        cmocka_unit_test(test_ddl_changes_of_one_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

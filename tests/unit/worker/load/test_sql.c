#include "worker/load/sql.h"

#include "tests/unit/worker/fixture.h"

static void check(struct buf *sql, const char *want)
{
    assert_int_equal(buf_add(sql, "", 1), 0);
    assert_string_equal(sql->p, want);
    buf_reset(sql);
}

static const struct batch_span spans[] = {
    {.partition = 0, .epoch = 3, .from = 10, .to = 20},
    {.partition = 1, .epoch = 4, .from = 5, .to = 5},
    {.partition = 2, .epoch = 5, .from = 0, .to = 7},
};

static void test_sql_texts(void **state)
{
    (void)state;
    struct streams streams;
    fixture_streams(&streams);
    const struct sql_scope scope = {"it's\\me", &streams};
    struct buf sql;
    buf_init(&sql, SQL_MAX);

    assert_int_equal(sql_copy_table(&sql, "ca\"r", streams.items[0].contract), 0);
    check(&sql, "COPY \"ca\"\"r\" (event_time, received_at, koff, \"km\", \"soc\", \"note\", "
                "event_id, kpart, flags, tenant, device, extra) FROM STDIN (FORMAT binary)");

    assert_int_equal(sql_advance(&sql, &scope, spans, 3), 0);
    check(&sql, "WITH v(topic, part, epoch, old_off, new_off) AS (VALUES "
                "('t.car'::text, 0::int4, 3::int8, 10::int8, 20::int8), ('t.car', 2, 5, 0, 7)), "
                "u AS (UPDATE ingest_offset o SET next_off = v.new_off, updated_at = now() FROM v "
                "WHERE o.cluster_id = E'it''s\\\\me' AND o.topic = v.topic AND o.part = v.part "
                "AND o.epoch = v.epoch AND o.next_off = v.old_off RETURNING 1) "
                "SELECT 1 / (count(*) = 2)::int FROM u; COMMIT");

    assert_int_equal(sql_ask(&sql, &scope, spans, 3), 0);
    check(&sql, "WITH v(topic, part, epoch, old_off, new_off) AS (VALUES "
                "('t.car'::text, 0::int4, 3::int8, 10::int8, 20::int8), ('t.car', 2, 5, 0, 7)) "
                "SELECT o.topic, o.part, o.next_off, o.epoch FROM ingest_offset o "
                "JOIN v ON o.topic = v.topic AND o.part = v.part "
                "WHERE o.cluster_id = E'it''s\\\\me' ORDER BY o.topic, o.part FOR UPDATE OF o");

    static const struct claim claims[] = {{.partition = 4, .low = 9}, {.partition = 1, .low = 0}};
    assert_int_equal(sql_claim(&sql, &scope, "host/1", claims, 2), 0);
    check(&sql, "INSERT INTO ingest_offset AS o (cluster_id, topic, part, next_off, rollup_off, "
                "epoch, owner, pg_pid, updated_at) SELECT E'it''s\\\\me', topic, part, low, low, "
                "1, 'host/1', pg_backend_pid(), now() FROM (VALUES "
                "('t.car'::text, 4::int4, 9::int8), ('t.car', 1, 0)) AS c(topic, part, low) "
                "ORDER BY topic, part ON CONFLICT (cluster_id, topic, part) DO UPDATE SET "
                "epoch = o.epoch + 1, owner = excluded.owner, pg_pid = excluded.pg_pid, "
                "updated_at = now() RETURNING o.topic, o.part, o.next_off, o.epoch");
    buf_release(&sql);
    streams_release(&streams);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sql_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

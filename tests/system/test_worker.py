"""What the worker does with records and with its colleagues: poison, COMMIT in doubt, rebalances."""
import pytest
from fakes.pg_proxy import PgProxy
from harness import kafka
from harness.env import TABLE, dumps, event
from harness.stack import schema_url
from harness.load import finish, load
from harness.wait import scaled, wait_until
from psycopg2.extensions import parse_dsn

POISON = {
    "not json": b"hello",
    "no object": b"[1,2]",
    "nul byte": b'{"a":1\x00}',
    "bad utf-8": b'{"vehicle_id":"\xff"}',
    "wrong type": dumps(event("veh-000001", payload={"battery_soc": "full"})),
    "out of range": dumps(event("veh-000001", payload={"battery_soc": 1e9})),
    "missing": dumps(event(vehicle_id=None)),
    "escaped nul": dumps(event("veh-000001", payload={"note": "a\x00b"})),
    "other envelope": b"\x01\x02\x03",
}


def test_bad_records_in_the_topic_become_dead_events_and_neighbours_are_stored(env):
    worker = env.worker()
    values, good = [], []
    for raw in POISON.values():
        e = event("veh-000001")
        good.append(e["event_id"])
        values += [dumps(e), raw]
    kafka.produce(env.stack.brokers, env.topic, values, key="acme\x1fveh-000001", partition=0)
    wait_until(lambda: env.count() == len(good) and env.count("dead_event") == len(POISON), 30,
               "every record is in one of the two tables")
    dead = env.sql("SELECT topic, kpart, koff, stage, reason, key, raw FROM dead_event "
                   "ORDER BY koff")
    for (topic, part, offset, stage, reason, key, raw), (name, value) in zip(dead, POISON.items()):
        assert bytes(raw) == value, name
        assert (topic, part) == (env.topic, 0)
        assert stage and reason, name
        assert bytes(key) == b"acme\x1fveh-000001"
        assert values[offset] == value
    assert {r[0] for r in env.sql(f"SELECT event_id::text FROM {TABLE}")} == set(good)
    worker.stop()


def test_dead_events_are_not_doubled_by_a_restart(env):
    worker = env.worker()
    kafka.produce(env.stack.brokers, env.topic, [b"poison", dumps(event("v"))],
                  key="acme\x1fv", partition=1)
    env.wait_rows(1)
    worker.kill()
    worker = env.worker()
    kafka.produce(env.stack.brokers, env.topic, [dumps(event("v"))], key="acme\x1fv",
                  partition=1)
    env.wait_rows(2)
    assert env.count("dead_event") == 1
    worker.stop()


def test_record_without_key_is_kept_as_dead_event(env):
    worker = env.worker()
    kafka.produce(env.stack.brokers, env.topic, [dumps(event())], partition=0)
    wait_until(lambda: env.count("dead_event") + env.count() == 1, 20, "the record is kept")
    worker.stop()


def test_event_sent_twice_is_stored_once_even_over_a_restart(env):
    worker = env.worker()
    e = dumps(event("veh-000001"))
    kafka.produce(env.stack.brokers, env.topic, [e, e], key="acme\x1fveh-000001", partition=0)
    wait_until(lambda: env.sql("SELECT next_off FROM ingest_offset WHERE topic = %s AND part = 0",
                               env.topic) == [(2,)], 20, "both records passed")
    assert env.count() == 1
    worker.stop()
    worker = env.worker()
    kafka.produce(env.stack.brokers, env.topic, [e, dumps(event("veh-000001"))],
                  key="acme\x1fveh-000001", partition=0)
    env.wait_rows(2)
    wait_until(lambda: env.sql("SELECT next_off FROM ingest_offset WHERE topic = %s AND part = 0",
                               env.topic) == [(4,)], 20, "all records passed")
    assert env.count() == 2
    worker.stop()


def test_event_far_outside_the_time_window_is_kept_as_dead_event(env):
    ingestor, worker = env.ingestor(), env.worker()
    old = event(timestamp="1999-01-01T00:00:00Z")
    fresh = event()
    assert env.post(ingestor, [old, fresh]).status in (202, 422)
    env.wait_rows(1)
    kafka.produce(env.stack.brokers, env.topic, [dumps(old)], key="acme\x1fveh-000001")
    wait_until(lambda: env.count("dead_event") >= 1, 20, "the old event is kept")
    assert env.count() == 1
    worker.stop()
    ingestor.stop()


@pytest.fixture
def proxied(env):
    """The environment with the worker's connection going through the proxy."""
    parts = parse_dsn(env.stack.database_url)
    proxy = PgProxy(parts.get("host", "127.0.0.1"), parts.get("port", 5432))
    env.proxy_url = schema_url(env.stack.database_url, env.schema, host="127.0.0.1",
                               port=proxy.port, sslmode="disable", gssencmode="disable")
    yield env, proxy
    proxy.close()


def test_connection_lost_around_commit_neither_loses_nor_doubles(proxied):
    env, proxy = proxied
    ingestor, worker = env.ingestor(), env.worker(postgres__url=env.proxy_url)
    run, ledger = load(env, ingestor, scaled(40_000, 4_000), scaled(5_000, 500), batch=10)
    for kind in ("after", "before", "after", "after", "before", "before", "after", "before"):
        proxy.cut(kind)
        wait_until(lambda: not proxy.cuts, 30, f"a COMMIT was cut {kind} it reached the server")
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    assert len(proxy.done) == 8
    worker.stop()
    ingestor.stop()


def test_workers_that_join_and_leave_under_load_share_the_work_exactly_once(env):
    ingestor, first = env.ingestor(), env.worker()
    total = scaled(60_000, 6_000)
    run, ledger = load(env, ingestor, total, scaled(5_000, 500), batch=10)
    env.wait_rows(total // 20)
    second = env.worker()

    def owners():
        return env.sql_row("SELECT count(DISTINCT pg_pid) FROM ingest_offset WHERE topic = %s",
                           env.topic)[0]
    wait_until(lambda: owners() == 2, 30, "two workers own partitions")
    env.wait_rows(total // 3)
    first.stop()
    third = env.worker()
    wait_until(lambda: owners() == 2, 60, "two workers own partitions")
    env.wait_rows(total // 2, timeout=60)
    second.kill()
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    third.stop()
    ingestor.stop()


def test_worker_without_topic_or_table_says_so(env):
    """A new contract whose topic nobody made: an operator has to be told, not a crash loop."""
    with open(f"{env.contracts}/sensor-reading.json", encoding="utf-8") as f:
        text = f.read()
    with open(f"{env.contracts}/other-reading.json", "w", encoding="utf-8") as f:
        f.write(text.replace("sensor-reading", "other-reading").replace("sensor_reading",
                                                                        "other_reading"))
    worker = env.worker(ready=False)
    wait_until(lambda: "other" in worker.tail(50), 15, "a line that names the missing topic")
    assert worker.proc.poll() in (None, 2, 3), worker.tail()

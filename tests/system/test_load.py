"""Loads with an audit, and the audit itself against tables that were damaged on purpose."""
import signal

import pytest
from harness.env import TABLE
from harness.load import figures, finish, load
from harness.wait import scaled, wait_until


def test_hundred_thousand_events_are_stored_once_and_in_order(env):
    ingestor, worker = env.ingestor(), env.worker()
    n = scaled(100_000, 4_000)
    rate = scaled(12_500, 1_000)
    run, ledger = load(env, ingestor, n, rate, batch=10)
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    assert counts["accepted"] >= 0.9 * n, counts
    assert env.count() == counts["accepted"]
    assert env.sql_row(f"SELECT count(*) FROM (SELECT 1 FROM {TABLE} GROUP BY kpart, koff"
                       " HAVING count(*) > 1) x")[0] == 0
    assert env.sql_row("SELECT count(*) FROM dead_event")[0] == 0
    assert env.sql_row("SELECT sum(next_off) FROM ingest_offset WHERE topic = %s",
                       env.topic)[0] == counts["accepted"]
    worker.stop()
    ingestor.stop()


def test_single_event_requests_are_stored_once_and_in_order(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, scaled(10_000, 1_000), scaled(2_000, 300), batch=1)
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0 and counts["accepted"] > 0
    worker.stop()
    ingestor.stop()


def test_ingestor_ended_by_sigterm_under_load_loses_nothing(env):
    ingestor, worker = env.ingestor(), env.worker()
    port = ingestor.http_port
    run, ledger = load(env, ingestor, scaled(24_000, 2_000), scaled(4_000, 400), batch=5)
    env.wait_rows(scaled(4_000, 300))
    ingestor.stop()
    again = env.ingestor(http__listen=f"127.0.0.1:{port}")
    finish(env, run, ledger)
    worker.stop()
    again.stop()


def test_worker_ended_by_sigterm_under_load_takes_seconds_and_loses_nothing(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, scaled(24_000, 2_000), scaled(4_000, 400), batch=5)
    env.wait_rows(scaled(4_000, 300))
    worker.stop(timeout=5)
    worker = env.worker()
    finish(env, run, ledger)
    worker.stop()
    ingestor.stop()


@pytest.fixture(scope="module")
def loaded(shared_env):
    """A finished, clean load of two thousand events; tests damage the table and mend it again."""
    ingestor, worker = shared_env.ingestor(), shared_env.worker()
    run, ledger = load(shared_env, ingestor, 2_000, 1_000, batch=5, vehicles=20)
    finish(shared_env, run, ledger)
    worker.stop()
    ingestor.stop()
    shared_env.sql(f"CREATE TABLE keep AS SELECT * FROM {TABLE}")
    return ledger


DAMAGES = {
    "altered": ("altered", 1, f"UPDATE {TABLE} SET battery_voltage = battery_voltage + 1 WHERE "
                              f"event_id = (SELECT min(event_id::text)::uuid FROM {TABLE})"),
    "moved": ("split_devices", 1, f"UPDATE {TABLE} SET kpart = kpart + 1, koff = koff + 1000000 WHERE "
                          f"event_id = (SELECT min(event_id::text)::uuid FROM {TABLE})"),
    # The last eight digits of an id are the number of the event: one that was never sent.
    "invented": ("phantom", 1, f"UPDATE {TABLE} SET event_id = overlay(event_id::text PLACING "
                               "'7fffffff' FROM 29)::uuid WHERE "
                               f"event_id = (SELECT min(event_id::text)::uuid FROM {TABLE})"),
    "removed": ("lost", 3, f"DELETE FROM {TABLE} WHERE event_id IN "
                           f"(SELECT event_id FROM {TABLE} ORDER BY event_id LIMIT 3)"),
    "doubled": ("doubled", 2, f"INSERT INTO {TABLE} SELECT * FROM {TABLE} ORDER BY event_id "
                              "LIMIT 2"),
    "replaced": ("lost", 1, f"UPDATE {TABLE} SET event_id = gen_random_uuid() WHERE event_id = "
                          f"(SELECT min(event_id::text)::uuid FROM {TABLE})"),
    "reordered": ("out_of_order", 1, f"WITH v AS (SELECT min(koff) a, max(koff) b, min(kpart) p FROM {TABLE} "
                           "WHERE device = (SELECT device FROM keep LIMIT 1)) "
                           f"UPDATE {TABLE} t SET koff = v.a + v.b - t.koff FROM v "
                           "WHERE t.kpart = v.p AND t.koff IN (v.a, v.b)"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_audit_fails_on_a_damaged_table(shared_env, loaded, damage):
    name, n, statement = DAMAGES[damage]
    shared_env.sql(statement)
    try:
        done = shared_env.audit(loaded, wait=0)
        assert done.code == 1, done
        assert figures(loaded + ".audit.json")[name] == n or name == "out_of_order", done
    finally:
        shared_env.sql(f"TRUNCATE {TABLE}")
        shared_env.sql(f"INSERT INTO {TABLE} SELECT * FROM keep")
    assert shared_env.audit(loaded, wait=0).code == 0


def test_audit_against_an_unreachable_database_is_3(shared_env, loaded):
    done = shared_env.run(["loadtest", "audit", "--ledger", loaded, "--database",
                           "postgresql://127.0.0.1:1/nothing", "--wait", "0"])
    assert done.code == 3, done


def test_interrupted_generator_leaves_a_ledger_that_can_be_audited(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, 60_000, 1_000, batch=5)
    env.wait_rows(1_000)
    run.signal(signal.SIGINT)
    run.wait(20)
    wait_until(lambda: env.audit(ledger, wait=20).code == 0, 40, "a clean audit")
    worker.stop()
    ingestor.stop()

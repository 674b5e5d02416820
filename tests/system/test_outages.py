"""A server behind us goes away and comes back."""
import threading
import time

import pytest
from harness import kafka
from harness.env import event
from harness.load import finish, load
from harness.http import metric_sum, metrics, request
from harness.wait import scaled, wait_until

PROBLEMS = "https://tidegate.dev/problems/"


def check_unavailable(answer, outcomes):
    assert answer.status == 503, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["type"].startswith(PROBLEMS)
    assert answer.json["outcome"] in outcomes, answer
    assert int(answer.headers["retry-after"]) >= 1
    return answer.json["outcome"]


def test_postgres_away_for_ten_seconds_delays_rows_and_loses_none(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, scaled(64_000, 6_000), scaled(4_000, 400), batch=10)
    env.wait_rows(scaled(4_000, 300))
    env.stack.service("stop", "postgres")
    try:
        gone = time.monotonic()
        wait_until(lambda: request(worker.admin_port, "GET", "/readyz").status == 503, 10,
                   "the worker says that it is not ready")
        assert request(worker.admin_port, "GET", "/livez").status == 200
        # Ingest does not notice.
        answers = []
        while time.monotonic() - gone < 10:
            answers.append(env.post(ingestor, event("outage-vehicle")).status)
            time.sleep(0.1)
        assert set(answers) == {202}, answers
    finally:
        env.stack.service("start", "postgres")
    wait_until(lambda: request(worker.admin_port, "GET", "/readyz").status == 200, 30,
               "the worker is ready again")
    env.wait_rows(len(answers), table="vehicle_telemetry WHERE device = 'outage-vehicle'")
    # The audit knows only the generator's events.
    env.sql("DELETE FROM vehicle_telemetry WHERE device = 'outage-vehicle'")
    finish(env, run, ledger)
    assert worker.running()
    worker.stop()
    ingestor.stop()


def test_worker_starts_before_postgres_and_goes_on_when_it_comes(env):
    ingestor = env.ingestor()
    env.stack.service("stop", "postgres")
    try:
        worker = env.worker(ready=False)
        worker.log_line("admin_listening")
        assert env.post(ingestor, event()).status == 202
        time.sleep(1)
        assert worker.running(), worker.tail()
    finally:
        env.stack.service("start", "postgres")
    env.wait_rows(1, timeout=60)
    worker.stop()
    ingestor.stop()


def test_killed_backend_of_the_worker_costs_nothing(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, scaled(20_000, 2_000), scaled(4_000, 400), batch=10)
    for i in range(5):
        env.wait_rows(scaled(2_000, 200) * (i + 1))
        env.sql("SELECT pg_terminate_backend(pg_pid) FROM ingest_offset "
                "WHERE pg_pid IN (SELECT pid FROM pg_stat_activity) GROUP BY pg_pid")
    finish(env, run, ledger)
    worker.stop()
    ingestor.stop()


def test_kafka_gone_gives_503_with_outcome_and_recovers(env):
    ingestor, worker = env.ingestor(kafka__message_timeout="2s"), env.worker()
    assert env.post(ingestor, event()).status == 202
    outcomes = []
    env.stack.service("kill", "kafka")
    try:
        first = env.post(ingestor, event())
        outcomes.append(check_unavailable(first, ("not_taken", "unknown")))
        wait_until(lambda: request(ingestor.admin_port, "GET", "/readyz").status == 503, 20,
                   "the ingestor says that it is not ready")
        assert request(ingestor.admin_port, "GET", "/livez").status == 200
        check_unavailable(env.post(ingestor, event()), ("not_taken", "unknown"))
    finally:
        env.stack.service("start", "kafka")
    wait_until(lambda: env.post(ingestor, event("recovered")).status == 202, 60, "202 again")
    wait_until(lambda: request(ingestor.admin_port, "GET", "/readyz").status == 200, 20, "ready")
    env.wait_rows(1, table="vehicle_telemetry WHERE device = 'recovered'", timeout=60)
    worker.stop()
    ingestor.stop()


def test_kafka_killed_under_load_and_back_loses_nothing(env):
    ingestor, worker = env.ingestor(kafka__message_timeout="3s"), env.worker()
    run, ledger = load(env, ingestor, scaled(60_000, 6_000), scaled(4_000, 400), batch=10)
    env.wait_rows(scaled(4_000, 300))
    env.stack.service("kill", "kafka")
    env.stack.service("start", "kafka")
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    worker.stop()
    ingestor.stop()


def test_request_whose_fate_is_unknown_says_so_and_a_repeat_is_stored_once(env):
    """The request has left and a frozen broker does not answer: nobody can know."""
    ingestor, worker = env.ingestor(kafka__message_timeout="2s"), env.worker()
    assert env.post(ingestor, event()).status == 202
    e = event("uncertain")
    env.stack.service("pause", "kafka")
    try:
        check_unavailable(env.post(ingestor, e), ("unknown",))
    finally:
        env.stack.service("resume", "kafka")
    wait_until(lambda: env.post(ingestor, e).status == 202, 30, "202 for the same event")
    assert env.post(ingestor, event("fence")).status == 202
    env.wait_rows(1, table="vehicle_telemetry WHERE device = 'fence'")
    env.wait_rows(1, table="vehicle_telemetry WHERE device = 'uncertain'")
    passed = sum(r["key"].endswith("uncertain") for r in kafka.read(env.stack.brokers, env.topic))
    assert passed >= 1
    wait_until(lambda: env.sql("SELECT sum(next_off) FROM ingest_offset WHERE topic = %s",
                               env.topic)[0][0] == passed + 2, 20, "all records passed")
    assert env.count("vehicle_telemetry WHERE device = 'uncertain'") == 1
    worker.stop()
    ingestor.stop()


def test_request_over_the_inflight_cap_is_503_not_taken_at_once(env):
    ingestor = env.ingestor(http__threads=1, http__max_inflight=2, kafka__message_timeout="20s",
                            http__request_deadline="30s")
    assert env.post(ingestor, event()).status == 202
    env.stack.service("pause", "kafka")
    answers = []
    try:
        threads = [threading.Thread(target=lambda: answers.append(env.post(ingestor, event())))
                   for _ in range(2)]
        for t in threads:
            t.start()
        wait_until(lambda: metric_sum(metrics(ingestor.admin_port),
                                      "ingestor_inflight_requests") == 2, 10, "two in flight")
        started = time.monotonic()
        check_unavailable(env.post(ingestor, event()), ("not_taken",))
        assert time.monotonic() - started < 5
    finally:
        env.stack.service("resume", "kafka")
    for t in threads:
        t.join(30)
    assert [a.status for a in answers] == [202, 202], answers
    ingestor.stop()


@pytest.mark.parametrize("program", ["topics", "migrate"])
def test_one_shot_commands_end_with_3_when_their_server_is_unreachable(shared_env, program):
    settings = shared_env.settings("worker", kafka__brokers="127.0.0.1:1",
                                   postgres__url="postgresql://127.0.0.1:1/nothing")
    config = shared_env.write_config("worker", settings)
    done = shared_env.run(["worker", program, "--config", config])
    assert done.code == 3 and done.err.strip(), done

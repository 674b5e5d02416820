"""kill -9 of our programs in the middle of a load, each followed by an audit."""
from harness.http import metric_sum, metrics
from harness.load import figures, finish, load
from harness.wait import scaled, wait_until


def kill_with_requests_in_flight(env, ingestor):
    """The broker is frozen first: whether it took what is in flight, nobody will ever be told."""
    env.stack.service("pause", "kafka")
    try:
        wait_until(lambda: metric_sum(metrics(ingestor.admin_port),
                                      "ingestor_inflight_requests") >= 5, 20, "requests in flight")
        ingestor.kill()
    finally:
        env.stack.service("resume", "kafka")


def passed_records(env):
    return env.sql_row("SELECT sum(next_off) FROM ingest_offset WHERE topic = %s", env.topic)[0]


def test_worker_killed_under_load_neither_loses_nor_doubles(env):
    ingestor, worker = env.ingestor(), env.worker()
    run, ledger = load(env, ingestor, scaled(80_000, 5_000), scaled(10_000, 700), batch=20)
    for stored in (0.05, 0.3, 0.5):
        env.wait_rows(int(scaled(80_000, 5_000) * stored))
        worker.kill()
        worker = env.worker()
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    worker.stop()
    ingestor.stop()


def test_ingestor_killed_under_load_loses_nothing_that_it_acknowledged(env):
    ingestor, worker = env.ingestor(), env.worker()
    port = ingestor.http_port
    run, ledger = load(env, ingestor, scaled(40_000, 4_000), scaled(5_000, 500), batch=5)
    env.wait_rows(scaled(2_000, 200))
    ingestor.kill()
    ingestor = env.ingestor(http__listen=f"127.0.0.1:{port}")
    env.wait_rows(scaled(16_000, 1_600))
    kill_with_requests_in_flight(env, ingestor)
    ingestor = env.ingestor(http__listen=f"127.0.0.1:{port}")
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    assert counts["unknown"] > 0, counts
    assert counts["unknown_stored"] + counts["unknown_absent"] == counts["unknown"], counts
    worker.stop()
    ingestor.stop()


def test_clients_that_repeat_what_is_unknown_get_every_event_stored_once(env):
    ingestor, worker = env.ingestor(), env.worker()
    port = ingestor.http_port
    run, ledger = load(env, ingestor, scaled(30_000, 3_000), scaled(5_000, 500), batch=5, retry=50)
    env.wait_rows(scaled(4_000, 400))
    kill_with_requests_in_flight(env, ingestor)
    ingestor = env.ingestor(http__listen=f"127.0.0.1:{port}")
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0 and counts["unknown"] == 0, counts
    assert figures(ledger + ".run.json")["retries"] > 0
    # Else nothing was sent twice and the test shows nothing.
    assert passed_records(env) > counts["stored"]
    worker.stop()
    ingestor.stop()


def test_both_killed_at_once_recover_by_themselves(env):
    ingestor, worker = env.ingestor(), env.worker()
    port = ingestor.http_port
    run, ledger = load(env, ingestor, scaled(30_000, 3_000), scaled(5_000, 500), batch=10)
    env.wait_rows(scaled(5_000, 300))
    worker.kill()
    ingestor.kill()
    worker = env.worker(ready=False)
    ingestor = env.ingestor(http__listen=f"127.0.0.1:{port}")
    worker.ready(60)
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    worker.stop()
    ingestor.stop()

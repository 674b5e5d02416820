"""kill -9 of our programs in the middle of a load, each followed by an audit."""
from harness.load import finish, load
from harness.wait import scaled


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
    for stored in (0.05, 0.4):
        env.wait_rows(int(scaled(40_000, 4_000) * stored))
        ingestor.kill()
        ingestor = env.ingestor(http__listen=f"127.0.0.1:{port}")
    counts = finish(env, run, ledger)
    assert counts["lost"] == 0 and counts["doubled"] == 0, counts
    assert "unknown" in counts, counts
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

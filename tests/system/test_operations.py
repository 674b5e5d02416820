"""Health, metrics, configuration commands, drain."""
import signal
import socket
import threading

import pytest
from harness.env import dumps, event
from harness.http import keep_alive, metric_sum, metrics, request
from harness.wait import wait_until


@pytest.fixture(scope="module")
def pair(shared_env):
    ingestor, worker = shared_env.ingestor(), shared_env.worker()
    yield {"ingestor": ingestor, "worker": worker}
    worker.stop()
    ingestor.stop()


@pytest.mark.parametrize("program", ["ingestor", "worker"])
def test_health_says_ok_and_metrics_parse(pair, program):
    port = pair[program].admin_port
    live = request(port, "GET", "/livez")
    assert live.status == 200, live
    wait_until(lambda: request(port, "GET", "/readyz").status == 200, 15, "ready")
    verbose = request(port, "GET", "/readyz?verbose")
    assert verbose.status == 200 and b"[+]" in verbose.body, verbose
    assert len(metrics(port)) > 5
    kind = request(port, "GET", "/metrics").headers["content-type"]
    assert kind.startswith("text/plain"), kind


@pytest.mark.parametrize("program", ["ingestor", "worker"])
def test_second_port_knows_no_other_path_or_method(pair, program):
    port = pair[program].admin_port
    assert request(port, "GET", "/v1/events").status == 404
    assert request(port, "POST", "/metrics", b"").status in (404, 405)


def test_ingest_port_does_not_show_metrics(pair):
    assert request(pair["ingestor"].http_port, "GET", "/metrics").status == 404


def total(port, value, **labels):
    """Sum of all counters of which a series moved, found by their labels' values."""
    return sum(v for k, v in metrics(port).items()
               if k.split("{")[0].endswith("_total") and f'"{value}"' in k)


def test_answers_are_counted_by_code(pair, shared_env):
    ingestor = pair["ingestor"]
    before = {code: total(ingestor.admin_port, code) for code in ("202", "422", "401")}
    for _ in range(3):
        assert shared_env.post(ingestor, event()).status == 202
    assert shared_env.post(ingestor, event(payload={"battery_soc": 101})).status == 422
    assert request(ingestor.http_port, "POST", "/v1/events", dumps(event()),
                   {"Content-Type": "application/json"}).status == 401
    for code, n in (("202", 3), ("422", 1), ("401", 1)):
        wait_until(lambda code=code, n=n: total(ingestor.admin_port, code) - before[code] == n, 5,
                   f"{n} more answers {code} in /metrics")


def test_readyz_flips_and_requests_are_told_while_draining(env):
    p = env.ingestor(http__drain_delay="3s")
    c = keep_alive(p.http_port)
    h = {"Content-Type": "application/json", **env.key.header}
    assert request(p.http_port, "POST", "/v1/events", dumps(event()), h, connection=c).status == 202
    p.signal(signal.SIGTERM)
    wait_until(lambda: request(p.admin_port, "GET", "/readyz").status == 503, 3, "not ready")
    assert request(p.admin_port, "GET", "/livez").status == 200
    answer = request(p.http_port, "POST", "/v1/events", dumps(event()), h, connection=c)
    assert answer.status in (202, 503), answer
    if answer.status == 503:
        assert answer.json["outcome"] == "not_taken" and answer.headers["retry-after"]
    assert p.wait(15) == 0


def test_request_in_flight_at_sigterm_is_answered_after_its_ack(env):
    p = env.ingestor()
    assert env.post(p, event()).status == 202
    env.stack.service("pause", "kafka")
    try:
        answers = []
        e = event()
        t = threading.Thread(target=lambda: answers.append(env.post(p, e)))
        t.start()
        wait_until(lambda: metric_sum(metrics(p.admin_port), "ingestor_inflight_requests") == 1, 10,
                   "one request in flight")
        p.signal(signal.SIGTERM)
        wait_until(lambda: request(p.admin_port, "GET", "/readyz").status == 503, 5, "not ready")
    finally:
        env.stack.service("resume", "kafka")
    t.join(20)
    assert answers and answers[0].status == 202, answers
    assert p.wait(15) == 0


def test_second_sigterm_shortens_the_drain_delay(env):
    import time
    p = env.ingestor(http__drain_delay="60s")
    p.signal(signal.SIGTERM)
    wait_until(lambda: request(p.admin_port, "GET", "/readyz").status == 503, 5, "not ready")
    started = time.monotonic()
    p.signal(signal.SIGTERM)
    assert p.wait(15) == 0
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("program", ["ingestor", "worker"])
def test_start_to_ready_is_short(pair, program):
    assert pair[program].ready_after < 10


# --- configuration ------------------------------------------------------------------------------
PROGRAMS = pytest.mark.parametrize("program", ["ingestor", "worker"])


@PROGRAMS
def test_check_config_says_yes_and_dump_hides_secrets(shared_env, program):
    settings = shared_env.settings(program)
    if program == "worker":
        settings["postgres.url"] = "postgresql://me:s3cretpass@127.0.0.1:1/db"
    config = shared_env.write_config(program, settings)
    shared_env.run([program, "--config", config, "--check-config"], check=0)
    dump = shared_env.run([program, "--config", config, "--dump-config"], check=0)
    assert shared_env.prefix in dump.out
    assert "s3cretpass" not in dump.out + dump.err
    assert not any(k.sha256 in dump.out for k in shared_env.keys)


@PROGRAMS
def test_help_config_lists_every_key_that_is_dumped(shared_env, program):
    reference = shared_env.run([program, "--help-config"], check=0).out
    for key in shared_env.settings(program):
        assert key in reference, key


@PROGRAMS
def test_version_and_help(shared_env, program):
    with open("VERSION", encoding="ascii") as f:
        version = f.read().strip()
    assert version in shared_env.run([program, "--version"], check=0).out
    assert program in shared_env.run([program, "--help"], check=0).out


@PROGRAMS
def test_environment_wins_over_file_and_flag_wins_over_both(shared_env, program):
    config = shared_env.write_config(program, shared_env.settings(program, log__level="error"))
    dump = [program, "--config", config, "--dump-config"]
    assert "warn" in shared_env.run(dump, env={"TIDEGATE_LOG_LEVEL": "warn"}, check=0).out
    flagged = shared_env.run(dump + ["--log.level=debug"], env={"TIDEGATE_LOG_LEVEL": "warn"},
                             check=0).out
    assert "debug" in flagged and "level: warn" not in flagged


BAD = {
    "unknown section": "nonsense:\n  a: 1\n",
    "unknown key": "log:\n  levle: info\n",
    "bad choice": "log:\n  level: loud\n",
    "bad type": "kafka:\n  topic_prefix: [1, 2]\n",
    "syntax": "log:\n\t- level\n  x",
    "duplicate key": "log:\n  level: info\n  level: warn\n",
    "no contracts": "contracts:\n  dir: /nonexistent\n",
}


@PROGRAMS
@pytest.mark.parametrize("case", BAD)
def test_bad_configuration_is_exit_2_and_one_clear_line(shared_env, program, case):
    path = f"{shared_env.dir}/bad.yaml"
    with open(path, "w", encoding="utf-8") as f:
        f.write(BAD[case])
    settings = {"KAFKA_BROKERS": "127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    done = shared_env.run([program, "--config", path, "--check-config"], env=settings, check=2)
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert len(lines) == 1, done
    if case in ("unknown key", "bad choice"):
        assert ("levle" if case == "unknown key" else "loud") in lines[0]


@PROGRAMS
@pytest.mark.parametrize("argv", [["--no-such-flag"], ["--log.level"], ["--log.level=loud"],
                                  ["no-such-command"], ["--config", "/nonexistent.yaml"]],
                         ids=lambda a: " ".join(a))
def test_bad_command_line_is_exit_2(shared_env, program, argv):
    done = shared_env.run([program] + argv, check=2)
    assert done.err.strip(), done


def test_second_ingestor_on_one_port_is_refused(shared_env, pair):
    config = shared_env.write_config("ingestor", shared_env.settings(
        "ingestor", http__listen=f"127.0.0.1:{pair['ingestor'].http_port}"))
    done = shared_env.run(["ingestor", "run", "--config", config])
    assert done.code == 3 and str(pair["ingestor"].http_port) in done.err, done


@pytest.mark.parametrize("key", ["http.listen", "admin.listen"])
def test_port_in_use_is_named_and_ends_with_3(shared_env, key):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = shared_env.write_config("ingestor", {**shared_env.settings("ingestor"),
                                                      key: f"127.0.0.1:{port}"})
        done = shared_env.run(["ingestor", "run", "--config", config])
    assert done.code == 3 and str(port) in done.err, done


def test_key_new_prints_a_key_that_works(env):
    done = env.run(["ingestor", "key", "new", "--id", "fresh", "--tenant", "globex"], check=0)
    text = next(w for w in done.out.split() if w.startswith("tk_fresh_"))
    sha = next(w for w in done.out.replace('"', " ").split()
               if len(w) == 64 and all(c in "0123456789abcdef" for c in w))

    class Record:
        id, tenant, sha256, permissions = "fresh", "globex", sha, "events:write"
    env.keys.append(Record)
    p = env.ingestor()
    answer = request(p.http_port, "POST", "/v1/events", dumps(event()),
                     {"Content-Type": "application/json", "X-API-Key": text})
    assert answer.status == 202, answer
    p.stop()

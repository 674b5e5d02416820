"""deploy/local/run, which is `make run`: everything together, ended in order, audited."""

import contextlib
import os
import re
import signal
import subprocess
import time

import psycopg2
import pytest
from harness.stack import ROOT, read_env
from harness.wait import wait_until

RUN = os.path.join(ROOT, "deploy", "local", "run")
SECONDS = 170


@pytest.fixture(name="run")
def started_run(tmp_path, bin_dir, stack):
    """Starts a run; its output is in the file run.out. Depends on the session's stack only so that
    Kafka is fetched by then. What a failed test leaves is ended."""
    assert stack
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("KAFKA_BROKERS", "DATABASE_URL", "REDIS_URL")}
    environment |= {"RUN_DIR": str(tmp_path / "run"), "TIDEGATE_BIN": bin_dir}

    def start(**more):
        with open(tmp_path / "run.out", "wb") as out:
            start.process = subprocess.Popen([RUN], env=environment | more, stdout=out,
                                             stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                             start_new_session=True)
        return start.process
    def running(rows):
        """Waits until the vehicles have that many rows; the whole output so far."""
        end = time.monotonic() + SECONDS
        while "Its row:" not in start.output() or stored(start.folder) < rows:
            assert start.process.poll() is None and time.monotonic() < end, start.output()
            time.sleep(0.1)
        return start.output()

    start.running = running
    start.output = lambda: (tmp_path / "run.out").read_text(errors="replace")
    start.folder = tmp_path / "run"
    yield start
    subprocess.run([RUN, "--stop"], env=environment, timeout=SECONDS, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


def stored(folder):
    url = read_env(folder / "env")["DATABASE_URL"]
    with contextlib.closing(psycopg2.connect(url, connect_timeout=5)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM vehicle_telemetry")
            return cursor.fetchone()[0]


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60,
                          check=True).stdout


def test_make_run_with_a_duration_ends_by_itself_with_a_clean_audit(run):
    process = run(DURATION="5", VEHICLES="20")
    assert process.wait(SECONDS) == 0, run.output()
    audit = run.output().partition("ending: worker")[2]
    # 20 vehicles × 5 a second × 5 s; a slow start may cost the first moments.
    accepted = re.search(r"accepted\D+(\d+)", audit)
    assert accepted and int(accepted[1]) > 300, audit
    assert not run.folder.exists()


def test_make_run_takes_the_printed_curl_and_ends_in_order_at_ctrl_c(run):
    process = run()
    text = run.running(rows=100)
    answer = shell(re.search(r"(curl -sS .*?\}\}')\n", text, re.DOTALL)[1])
    assert '"accepted":1' in answer
    psql = re.search(r"^ +(psql .*)$", text, re.MULTILINE)[1]
    wait_until(lambda: "(1 row)" in shell(psql), 30, "the row of the printed curl")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(SECONDS) == 0, run.output()
    said = re.findall(r"^run: (?:ending: )?(.*)$", run.output(), re.MULTILINE)
    assert said[-3:] == ["vehicles, ingestor", "waiting for the worker to catch up", "worker"]
    assert not run.folder.exists()


def test_make_run_says_when_a_program_ends_by_itself(run):
    process = run()
    run.running(rows=100)
    pid = (run.folder / "programs" / "worker.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)
    assert process.wait(SECONDS) != 0
    assert "the worker ended by itself" in run.output()
    assert (run.folder / "programs" / "log" / "worker.log").exists()

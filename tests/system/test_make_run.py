"""deploy/local/run, which is `make run`: everything together, ended in order, audited."""

import os
import re
import signal
import subprocess
import time

import pytest
from harness.stack import ROOT

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
            return subprocess.Popen([RUN], env=environment | more, stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    start.output = lambda: (tmp_path / "run.out").read_text(errors="replace")
    start.folder = tmp_path / "run"
    yield start
    subprocess.run([RUN, "--stop"], env=environment, timeout=SECONDS, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


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
    end = time.monotonic() + SECONDS
    while "Its row:" not in run.output():
        assert process.poll() is None and time.monotonic() < end, run.output()
        time.sleep(0.1)
    text = run.output()
    answer = shell(re.search(r"(curl -sS .*?\}\}')\n", text, re.DOTALL)[1])
    assert '"accepted":1' in answer
    psql = re.search(r"^ +(psql .*)$", text, re.MULTILINE)[1]
    while "(1 row)" not in shell(psql):
        assert time.monotonic() < end, "the row of the printed curl"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(SECONDS) == 0, run.output()
    said = re.findall(r"^run: (?:ending: )?(.*)$", run.output(), re.MULTILINE)
    assert said[-3:] == ["vehicles, ingestor", "waiting for the worker to catch up", "worker"]
    assert not run.folder.exists()


def test_make_run_says_when_a_program_ends_by_itself(run):
    process = run()
    end = time.monotonic() + SECONDS
    while "Its row:" not in run.output():
        assert process.poll() is None and time.monotonic() < end, run.output()
        time.sleep(0.1)
    pid = (run.folder / "programs" / "worker.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)
    assert process.wait(SECONDS) != 0
    assert "the worker ended by itself" in run.output()
    assert (run.folder / "programs" / "log" / "worker.log").exists()

"""Fixtures: one set of servers per run, one private corner of them per test.

TIDEGATE_BIN        folder of the programs (default build/dev/bin)
TIDEGATE_STACK_DIR  servers that already run (folder of `deploy/local/stack up --dir`)
TIDEGATE_TEST_SCALE factor of the loads, for slow builds (default 1)
"""
import os
import re
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.env import Env  # noqa: E402
from harness.stack import ROOT, Stack  # noqa: E402
from harness.wait import PATIENCE  # noqa: E402

TEST_LIMIT = 300  # seconds; a test that hangs must not hang the run


@pytest.fixture(scope="session")
def bin_dir():
    path = os.path.abspath(os.environ.get("TIDEGATE_BIN") or os.path.join(ROOT, "build/dev/bin"))
    for name in ("ingestor", "worker", "loadtest"):
        assert os.access(os.path.join(path, name), os.X_OK), f"{path}/{name} is missing: make dev"
    return path


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    given = os.environ.get("TIDEGATE_STACK_DIR")
    s = Stack(given or str(tmp_path_factory.mktemp("stack")))
    try:
        yield s.up()
    finally:
        if not given:
            s.service("kill", "kafka")     # a clean end of hundreds of partitions takes 20 s
            s.down()


def _make_env(request, stack, bin_dir, tmp_path_factory):
    label = getattr(request.node, "name", "env")
    name = "t_" + re.sub(r"[^a-z0-9]+", "_", label.lower().removeprefix("test_"))[:28].strip("_")
    return Env(stack, bin_dir, str(tmp_path_factory.mktemp(name)), name)


@pytest.fixture
def env(request, stack, bin_dir, tmp_path_factory):
    """Own topics, own tables, no program running yet."""
    e = _make_env(request, stack, bin_dir, tmp_path_factory)
    try:
        yield e.prepare()
    finally:
        e.close()


@pytest.fixture(scope="module")
def shared_env(request, stack, bin_dir, tmp_path_factory):
    """As env, for a whole file of tests that only ask."""
    e = _make_env(request, stack, bin_dir, tmp_path_factory)
    try:
        yield e.prepare()
    finally:
        e.close()


@pytest.fixture(scope="module")
def ingestor(shared_env):
    """One ingestor with small caps for a whole file of tests that only ask."""
    p = shared_env.ingestor(http__max_body="64KiB", http__max_event="4KiB", http__max_events=50)
    yield p
    p.stop()


@pytest.fixture(autouse=True)
def _time_limit():
    def expired(_number, _frame):
        raise TimeoutError(f"test took longer than {TEST_LIMIT * PATIENCE:.0f} s")
    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, TEST_LIMIT * PATIENCE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its programs' logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name in ("env", "shared_env"):
            e = getattr(item, "funcargs", {}).get(name)
            for p in (e.programs if e else [])[-4:]:
                report.sections.append((f"log of {p.name}", p.tail(12)))

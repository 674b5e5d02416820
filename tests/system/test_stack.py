"""The local stack itself: deploy/local/stack and deploy/local/install."""

import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time

import psycopg2
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = ROOT / "deploy" / "local"
OUTSIDE = ("KAFKA_BROKERS", "DATABASE_URL", "REDIS_URL")


def environment(**extra):
    """The caller's environment without outside servers, plus what the test wants."""
    env = {k: v for k, v in os.environ.items() if k not in OUTSIDE}
    return env | extra


def stack(directory, *words, check=True, env=None, seconds=180):
    """Runs one command of the stack; its standard output and error are in the result."""
    done = subprocess.run(
        [LOCAL / "stack", *words, "--dir", directory],
        env=env or environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=seconds, check=False)
    if check and done.returncode != 0:
        pytest.fail(f"stack {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def read_env(directory):
    words = shlex.split((directory / "env").read_text(), comments=True)
    return dict(word.split("=", 1) for word in words)


def servers(directory):
    """service → (pid or None, port) as status tells."""
    found = {}
    for line in stack(directory, "status", check=False).stdout.splitlines():
        m = re.fullmatch(r"(\w+) +pid (\S+) +port (\S+) +(alive|dead)", line)
        assert m, line
        assert (m[2] == "-") == (m[4] == "dead")
        found[m[1]] = (None if m[2] == "-" else int(m[2]), int(m[3]))
    return found


def running(pid):
    """True for a live process; a zombie that nobody collects is none."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def query(url, sql, seconds=30):
    connection = psycopg2.connect(url, connect_timeout=seconds)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def kcat(*words, stdin=None, seconds=60):
    return subprocess.run(["kcat", *words], input=stdin, capture_output=True, text=True,
                          timeout=seconds, check=True).stdout


def brokers_known(bootstrap):
    m = re.search(r"^ *(\d+) brokers:", kcat("-L", "-b", bootstrap), re.MULTILINE)
    return int(m[1])


def create_topic(bootstrap, name):
    """By librdkafka itself: no tool of Debian's creates topics."""
    lib = ctypes.CDLL("librdkafka.so.1")
    for function in ("conf_new", "new", "NewTopic_new", "queue_new", "queue_poll",
                     "event_CreateTopics_result", "CreateTopics_result_topics"):
        getattr(lib, f"rd_kafka_{function}").restype = ctypes.c_void_p
    pointer, error, count = ctypes.c_void_p, ctypes.create_string_buffer(256), ctypes.c_size_t()
    conf = pointer(lib.rd_kafka_conf_new())
    lib.rd_kafka_conf_set(conf, b"bootstrap.servers", bootstrap.encode(), error, 256)
    client = pointer(lib.rd_kafka_new(0, conf, error, 256))
    topic = pointer(lib.rd_kafka_NewTopic_new(name.encode(), 1, -1, error, 256))
    queue = pointer(lib.rd_kafka_queue_new(client))
    lib.rd_kafka_CreateTopics(client, ctypes.byref(topic), ctypes.c_size_t(1), None, queue)
    event = pointer(lib.rd_kafka_queue_poll(queue, 60_000))
    assert event, f"no answer to the creation of {name}"
    results = lib.rd_kafka_CreateTopics_result_topics(
        pointer(lib.rd_kafka_event_CreateTopics_result(event)), ctypes.byref(count))
    first = ctypes.cast(results, ctypes.POINTER(pointer))[0]
    assert lib.rd_kafka_topic_result_error(pointer(first)) == 0
    lib.rd_kafka_event_destroy(event)
    lib.rd_kafka_NewTopic_destroy(topic)
    lib.rd_kafka_queue_destroy(queue)
    lib.rd_kafka_destroy(client)


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


@pytest.fixture(name="one", scope="module")
def one_node(tmp_path_factory):
    directory = tmp_path_factory.mktemp("stack") / "run"
    stack(directory, "up", "--kafka", "1", seconds=600)
    yield directory
    stack(directory, "down")


@pytest.fixture(name="scratch")
def scratch_directory(tmp_path):
    directory = tmp_path / "run"
    yield directory
    stack(directory, "down", check=False)


# --- up, status, down ---------------------------------------------------------------------------
def test_up_answers_on_all_three_servers(one):
    env = read_env(one)
    assert brokers_known(env["KAFKA_BROKERS"]) == 1
    assert query(env["DATABASE_URL"], "SHOW fsync") == [("on",)]
    assert query(env["DATABASE_URL"], "SHOW track_commit_timestamp") == [("on",)]
    host, port = env["REDIS_URL"].removeprefix("redis://").split(":")
    with socket.create_connection((host, int(port)), 10) as s:
        s.sendall(b"PING\r\n")
        assert s.recv(100) == b"+PONG\r\n"


def test_up_again_keeps_the_running_servers(one):
    before = servers(one)
    stack(one, "up")
    assert servers(one) == before
    assert all(pid for pid, _ in before.values())


def test_up_with_another_kind_of_kafka_is_refused(one):
    done = stack(one, "up", "--kafka", "3", check=False)
    assert done.returncode == 2
    assert "--kafka 1" in done.stderr


def test_servers_listen_on_loopback_only(one):
    ports = {port for _, port in servers(one).values()}
    seen = set()
    for table, loopback in (("tcp", {"0100007F"}), ("tcp6", {
            "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"})):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            address, port = local.split(":")
            if state == "0A" and int(port, 16) in ports:
                assert address in loopback, line
                seen.add(int(port, 16))
    assert seen == ports


def test_down_ends_everything_and_removes_the_folder(scratch):
    stack(scratch, "up", "--kafka", "embedded")
    pids = [pid for pid, _ in servers(scratch).values()]
    assert len(pids) == 3
    stack(scratch, "down")
    assert [pid for pid in pids if running(pid)] == []
    assert not scratch.exists()
    assert stack(scratch, "down").returncode == 0
    assert stack(scratch, "status", check=False).returncode == 1


def test_down_keep_and_up_keeps_ports_and_rows(scratch):
    stack(scratch, "up", "--kafka", "embedded")
    before = servers(scratch)
    url = read_env(scratch)["DATABASE_URL"]
    query(url, "CREATE TABLE kept AS SELECT 7 AS n")
    stack(scratch, "down", "--keep")
    assert not (scratch / "env").exists()
    stack(scratch, "up")
    after = servers(scratch)
    assert after["postgres"][1] == before["postgres"][1]
    assert after["postgres"][0] != before["postgres"][0]
    assert query(url, "SELECT n FROM kept") == [(7,)]


def test_down_spares_a_process_with_a_recycled_pid(scratch):
    stack(scratch, "up", "--kafka", "embedded")
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            stack(scratch, "stop", "redis")
            # The pid of our record now belongs to somebody who started at another time.
            (scratch / "stack" / "redis.pid").write_text(f"{stranger.pid} 1\n")
            assert servers(scratch)["redis"][0] is None
            stack(scratch, "down")
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_interrupted_up_leaves_no_process(scratch):
    with subprocess.Popen([LOCAL / "stack", "up", "--kafka", "1", "--dir", scratch],
                          env=environment(), start_new_session=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
        wait_until((scratch / "stack" / "postgres.pid").exists, "PostgreSQL was spawned")
        pid = int((scratch / "stack" / "postgres.pid").read_text().split()[0])
        os.killpg(up.pid, signal.SIGINT)
        assert up.wait(60) == 3
    assert not running(pid)
    assert not (scratch / "env").exists()
    assert not (scratch / "stack").exists()


# --- single servers -----------------------------------------------------------------------------
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_postgres_comes_back_on_its_port_with_its_rows(one, end):
    url = read_env(one)["DATABASE_URL"]
    query(url, f"CREATE TABLE survives_{end} AS SELECT 42 AS n")
    pid, port = servers(one)["postgres"]
    stack(one, end, "postgres")
    assert stack(one, "status", check=False).returncode == 1
    assert not running(pid)
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1", seconds=2)
    stack(one, "start", "postgres")
    assert servers(one)["postgres"][1] == port
    assert query(url, f"SELECT n FROM survives_{end}") == [(42,)]


def test_killed_kafka_comes_back_with_its_messages(one):
    bootstrap = read_env(one)["KAFKA_BROKERS"]
    create_topic(bootstrap, "survives")
    kcat("-P", "-b", bootstrap, "-t", "survives", "-X", "acks=all", stdin="first\n")
    stack(one, "kill", "kafka")
    stack(one, "start", "kafka")
    assert bootstrap == read_env(one)["KAFKA_BROKERS"]
    assert kcat("-C", "-b", bootstrap, "-t", "survives", "-e", "-q") == "first\n"


def test_paused_postgres_does_not_answer_until_resumed(one):
    url = read_env(one)["DATABASE_URL"]
    stack(one, "pause", "postgres")
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1", seconds=2)
    assert servers(one)["postgres"][0]
    stack(one, "resume", "postgres")
    assert query(url, "SELECT 1") == [(1,)]


def test_unknown_service_is_a_usage_error(one):
    done = stack(one, "kill", "kafka2", check=False)
    assert done.returncode == 2
    assert "postgres redis kafka1" in done.stderr


def test_three_nodes_form_a_cluster_and_one_may_be_killed(scratch):
    stack(scratch, "up", "--kafka", "3")
    env = read_env(scratch)
    assert env["KAFKA_BROKERS"].count(",") == 2
    assert brokers_known(env["KAFKA_BROKERS"]) == 3
    stack(scratch, "kill", "kafka2")
    wait_until(lambda: brokers_known(env["KAFKA_BROKERS"]) == 2, "the dead node is fenced")
    stack(scratch, "start", "kafka2")
    wait_until(lambda: brokers_known(env["KAFKA_BROKERS"]) == 3, "the node is a member again")


# --- what a machine may lack, and what others bring ---------------------------------------------
def broken_maven(tmp_path):
    """An environment in which Maven Central cannot be reached and nothing is cached."""
    mvn = tmp_path / "path" / "mvn"
    mvn.parent.mkdir()
    mvn.write_text("#!/bin/sh\necho 'Unknown host' >&2\nexit 1\n")
    mvn.chmod(0o755)
    return environment(PATH=f"{mvn.parent}:{os.environ['PATH']}",
                       XDG_CACHE_HOME=str(tmp_path / "cache"))


def test_without_maven_central_the_embedded_broker_steps_in_loudly(scratch, tmp_path):
    done = stack(scratch, "up", env=broken_maven(tmp_path))
    assert "WARNING: no real Kafka" in done.stderr
    assert "Nothing it acknowledges is durable" in done.stderr
    env = read_env(scratch)
    assert env["STACK_KAFKA"] == "embedded"
    topics = kcat("-L", "-b", env["KAFKA_BROKERS"])
    assert '"tidegate.vehicle-telemetry" with 12 partitions' in topics
    assert [p.suffix for p in (tmp_path / "cache" / "tidegate").iterdir()] == [".lock"]


def test_without_maven_central_an_explicit_kafka_fails(scratch, tmp_path):
    done = stack(scratch, "up", "--kafka", "1", check=False, env=broken_maven(tmp_path))
    assert done.returncode == 3
    assert "no Kafka to start" in done.stderr
    assert not (scratch / "env").exists()


def test_outside_servers_are_used_and_none_is_started(scratch):
    outside = {"KAFKA_BROKERS": "k1.example:9092,k2.example:9092",
               "DATABASE_URL": "postgresql://u:p'w@db.example/t?sslmode=require&x=1",
               "REDIS_URL": "redis://cache.example:6379"}
    done = stack(scratch, "up", env=environment(**outside))
    assert done.stdout.count("outside, not managed here") == 3
    assert list((scratch / "stack").glob("*.pid")) == []
    assert read_env(scratch) == outside | {"STACK_KAFKA": "outside"}
    shown = subprocess.run(["bash", "-c", f". '{scratch}/env'; printf %s \"$DATABASE_URL\""],
                           capture_output=True, text=True, check=True)
    assert shown.stdout == outside["DATABASE_URL"]


def test_a_port_taken_meanwhile_is_replaced(tmp_path):
    """The free ports are asked twice; the first answer is one that somebody holds by then."""
    (tmp_path / "stack").mkdir()
    (tmp_path / "log").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        script = f"""
            set -euo pipefail
            D={tmp_path} S={tmp_path}/stack HERE={LOCAL}
            . {LOCAL}/lib/process.sh; . {LOCAL}/lib/redis.sh
            eval "really_$(declare -f free_ports)"
            free_ports() {{
                if [[ -e {tmp_path}/asked ]]; then really_free_ports 1; else
                    : >{tmp_path}/asked; echo {port}; fi
            }}
            start_retrying redis redis_start new
            redis_answers "$(service_port redis)"
            redis_stop kill"""
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60,
                              check=False)
    assert done.returncode == 0, done.stderr
    assert "trying another (1)" in done.stderr
    assert int((tmp_path / "stack" / "redis.port").read_text()) != port


# --- install ------------------------------------------------------------------------------------
def test_install_with_nothing_missing_calls_no_apt(tmp_path):
    for name in ("apt-get", "apt-cache", "sudo"):
        fake = tmp_path / name
        fake.write_text("#!/bin/sh\necho called >&2\nexit 9\n")
        fake.chmod(0o755)
    done = subprocess.run([LOCAL / "install"], capture_output=True, text=True, timeout=30,
                          env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def installer_with(tmp_path, packages):
    folder = tmp_path / "local"
    folder.mkdir()
    shutil.copy(LOCAL / "install", folder)
    (folder / "packages").write_text(packages)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.getuid() and path.is_relative_to("/tmp") and path.name != "tmp":
            path.chmod(0o755)
    return folder / "install"


def test_install_names_what_is_missing(tmp_path):
    install = installer_with(tmp_path, "bash # essential\n[one]\nno-such-a|bash\n\n"
                             "no-such-b|no-such-c\n[two] # more\nno-such-d\n")
    for sections, code, text in (
            ([], 1, "install: missing: no-such-b|no-such-c no-such-d\n"),
            (["one"], 1, "install: missing: no-such-b|no-such-c\n"),
            (["two"], 1, "install: missing: no-such-d\n"),
            (["three"], 2, f"install: no section three in {install.parent}/packages\n")):
        done = subprocess.run([install, "--check", *sections], capture_output=True, text=True,
                              timeout=30, check=False)
        assert (done.returncode, done.stderr) == (code, text)


def test_install_without_rights_prints_the_command(tmp_path):
    install = installer_with(tmp_path, "no-such-package\n")
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\nexit 1\n")
    sudo.chmod(0o755)
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run([*drop, install], capture_output=True, text=True, timeout=30, check=False,
                          env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"))
    assert done.returncode == 2
    assert f"run as root: {install}" in done.stderr


def test_packages_of_the_build_are_on_the_installers_list():
    listed = {name.strip() for line in (LOCAL / "packages").read_text().splitlines()
              for name in line.split("#")[0].split("|")}
    build = re.findall(r"[\w-]+:(\S+-dev)", (ROOT / "deploy/make/packages.mk").read_text())
    assert len(build) > 5
    assert set(build) <= listed


# --- the image ----------------------------------------------------------------------------------
def test_compose_file_holds_together():
    """What an engine would find out: references between services, volumes and files."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services, volumes = compose["services"], compose["volumes"]
    ours = [s for s in services.values() if s["image"].startswith("tidegate:")]
    assert len(ours) == 4
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            condition = how["condition"]
            assert needed in services
            if condition == "service_healthy":
                assert "healthcheck" in services[needed]
            else:
                assert condition == "service_completed_successfully"
                assert services[needed]["restart"] == "no"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or (ROOT / source).exists(), volume
    for service in ours:
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert not {"container_name", "ports", "hostname"} & set(services["worker"])


def test_runtime_packages_of_a_program_are_those_of_its_libraries():
    done = subprocess.run([ROOT / "deploy/docker/runtime-packages", shutil.which("kcat")],
                          capture_output=True, text=True, timeout=60, check=True)
    packages = {line.split(":")[0] for line in done.stdout.splitlines()}
    assert {"libc6", "librdkafka1"} <= packages
    assert subprocess.run(["dpkg-query", "-W", *packages], capture_output=True, timeout=60,
                          check=False).returncode == 0

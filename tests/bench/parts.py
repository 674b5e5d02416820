"""The measurements. Each part has its own topics, tables and programs; a load that fails its check
makes the figures that came from it void."""
import contextlib
import os
import re
import resource
import socket
import subprocess
import time

import copy_baseline
import psycopg2
import wrk
from harness import kafka
from harness.env import TABLE, Env, dumps, event
from harness.http import keep_alive, request
from harness.load import figures
from harness.wait import wait_until
from measure import cpu_seconds, peak_rss_bytes, rss_bytes

MB = 1024 * 1024
CONNECTIONS = 64


class LoadFailed(Exception):
    """A load that lost, doubled or refused something: no figure may come from it."""


class Bench:
    """What every part needs."""

    def __init__(self, stack, bin_dir, directory, figures, options):
        self.stack, self.bin, self.dir = stack, bin_dir, directory
        self.figures, self.options = figures, options
        self.notes = []
        self.serial = 0

    def say(self, text):
        print(f"  {text}", flush=True)

    @contextlib.contextmanager
    def env(self, name):
        """A fresh corner of the servers; the disk is quiet when it begins."""
        os.sync()
        self.serial += 1
        e = Env(self.stack, self.bin, os.path.join(self.dir, f"{name}-{self.serial}"), "b_" + name)
        try:
            yield e.prepare()
        finally:
            e.close()


# --- helpers ------------------------------------------------------------------------------------
def topic_records(env, topic):
    """Records in a topic: the sum of the partitions' ends (nothing is deleted meanwhile)."""
    argv = ["kcat", "-b", env.stack.brokers, "-Q"]
    for p in range(kafka.partitions(env.stack.brokers, topic)):
        argv += ["-t", f"{topic}:{p}:-1"]
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
                         check=True).stdout.decode()
    return sum(int(n) for n in re.findall(r"offset (\d+)", out))


def checked_audit(env, ledger):
    """The audit must pass. Its figures."""
    done = env.audit(ledger, wait=90)
    if done.code != 0:
        raise LoadFailed(f"audit failed: {done.out.strip() or done.err.strip()}")
    return figures(ledger + ".audit.json")


def run_load(bench, env, ingestor, ledger, rate, seconds, batch, vehicles=1000):
    """One open-loop load to its end. Its figures."""
    p = env.loadtest(ingestor.http_port, ledger, vehicles=vehicles, rate=rate, duration=seconds,
                     batch=batch, connections=CONNECTIONS)
    code = p.wait(seconds + 90)
    if code != 0:
        raise LoadFailed(f"loadtest ended with {code}: {p.tail()}")
    report = figures(ledger + ".run.json")
    refused = {code: n for code, n in report["status"].items() if code != "202"}
    if refused or report["unknown"]:
        raise LoadFailed(f"answers other than 202: {refused}, unknown: {report['unknown']}")
    late = report["late"] / max(1, report["requests"])
    if late > 0.01:
        note = (f"at {rate:,}/s, batch {batch}, the generator was late for {late:.0%} of the "
                "requests: latencies contain that the machine was too busy")
        bench.notes.append(note)
    return report


# --- parts --------------------------------------------------------------------------------------
def start(bench):
    """Programs started on prepared servers: time to `ready`, memory of an idle ingestor."""
    for _ in range(bench.options.runs):
        with bench.env("start") as env:
            ingestor, worker = env.ingestor(), env.worker()
            bench.figures.add("start_s", max(ingestor.ready_after, worker.ready_after))
            bench.say(f"ready after {ingestor.ready_after:.2f} s (ingestor), "
                      f"{worker.ready_after:.2f} s (worker)")
            time.sleep(1)      # what it still allocates by itself is part of "idle"
            bench.figures.add("ingestor_idle_mb", rss_bytes(ingestor.pid) / MB)
            worker.stop()
            ingestor.stop()


def closed_loop(bench, kind, seconds, cpu_key, rate_key=None):
    """wrk with 64 connections. Every 202 that it counted must be a record in Kafka."""
    with bench.env(kind) as env:
        ingestor = env.ingestor()
        bodies = os.path.join(env.dir, "bodies")
        batch = wrk.write_bodies(bodies, kind, 20_000 if kind == "single" else 300)
        # Connections, parser and queues grow to their size before the window.
        wrk.run(env.dir, ingestor.http_port, env.key.text, bodies, kind, CONNECTIONS, 2)
        for _ in range(bench.options.runs):
            before = topic_records(env, env.topic)
            cpu = cpu_seconds(ingestor.pid)
            r = wrk.run(env.dir, ingestor.http_port, env.key.text, bodies, kind, CONNECTIONS,
                        seconds)
            cpu = cpu_seconds(ingestor.pid) - cpu
            accepted = r.good * batch
            stored = topic_records(env, env.topic) - before
            if r.bad or r.socket_errors or accepted == 0 or stored < accepted:
                raise LoadFailed(f"{r.good} good and {r.bad} bad answers, {r.socket_errors} socket "
                                 f"errors; {stored} records for {accepted} accepted events")
            bench.figures.add(cpu_key, cpu / accepted * 1e6)
            if rate_key:
                bench.figures.add(rate_key, accepted / r.seconds)
            bench.say(f"{accepted / r.seconds:,.0f} events/s, {cpu / accepted * 1e6:.2f} µs/event, "
                      f"{cpu / r.seconds:.2f} cores")
        bench.figures.add("ingestor_peak_mb", peak_rss_bytes(ingestor.pid) / MB)
        ingestor.stop()


def ingest_single(bench):
    closed_loop(bench, "single", bench.options.seconds, "ingest_single_cpu_us",
                "ingest_single_events_s")


def ingest_ndjson(bench):
    closed_loop(bench, "ndjson", max(3, bench.options.seconds // 2), "ingest_ndjson100_cpu_us")


def ingest_20k(bench):
    for _ in range(bench.options.runs):
        with bench.env("open20k") as env:
            ingestor = env.ingestor()
            ledger = os.path.join(env.dir, "ledger")
            cpu = cpu_seconds(ingestor.pid)
            run_load(bench, env, ingestor, ledger, 20_000, bench.options.seconds, 1)
            cpu = cpu_seconds(ingestor.pid) - cpu
            worker = env.worker()
            accepted = checked_audit(env, ledger)["accepted"]
            bench.figures.add("ingest_single_20k_cpu_us", cpu / accepted * 1e6)
            bench.say(f"{accepted:,.0f} events accepted, {cpu / accepted * 1e6:.1f} µs/event")
            worker.stop()
            ingestor.stop()


def latency(bench):
    """Half of the closed loop's rate; half of the goal when that was not measured."""
    rate = int((bench.figures.median("ingest_single_events_s") or 58_000) / 2)
    for _ in range(bench.options.runs):
        with bench.env("latency") as env:
            ingestor = env.ingestor()
            ledger = os.path.join(env.dir, "ledger")
            report = run_load(bench, env, ingestor, ledger, rate, bench.options.seconds, 1)
            worker = env.worker()
            checked_audit(env, ledger)
            p50, p99 = report["latency_ms"]["p50"], report["latency_ms"]["p99"]
            bench.figures.add("ack_p50_ms", p50)
            bench.figures.add("ack_p99_ms", p99)
            bench.say(f"at {rate:,}/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
            worker.stop()
            ingestor.stop()
    bench.notes.append(f"latency to 202 was measured at {rate:,} single events/s")


def worker_backlog(bench, env, events):
    """Fills the topic with events of distinct ids and stops the ingestor. The ledger's path."""
    ingestor = env.ingestor()
    ledger = os.path.join(env.dir, "ledger")
    rate = 150_000
    run_load(bench, env, ingestor, ledger, rate, max(2, round(events / rate)), 100)
    bench.figures.add("ingestor_peak_mb", peak_rss_bytes(ingestor.pid) / MB)
    ingestor.stop()
    return ledger


def drain_backlog(bench, env, total):
    """One worker from start to the last row. rows/s between its first and last commit, its CPU µs
    and that of its backend per event, peak MB."""
    env.sql(f"TRUNCATE {TABLE}")
    env.sql("DELETE FROM ingest_offset")
    env.sql("CHECKPOINT")        # its writes belong to the run before
    worker = env.worker(ready=False, kafka__group_id=f"{env.prefix}-{time.monotonic_ns()}")
    with bench.stack.cursor(env.schema) as q:
        def done():
            q.execute("SELECT coalesce(sum(next_off), 0), array_agg(DISTINCT pg_pid) "
                      "FROM ingest_offset WHERE topic = %s", (env.topic,))
            stored, pids = q.fetchone()
            return pids if stored >= total else None
        pids = wait_until(done, 120, f"{total} rows stored", interval=0.05)
        cpu = cpu_seconds(worker.pid) / total * 1e6
        pg_cpu = sum(cpu_seconds(pid) for pid in pids if pid) / total * 1e6
        # Commit timestamps say exactly when rows became visible.
        q.execute("SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8, count(*) "
                  f"FROM {TABLE} GROUP BY xmin, 1 ORDER BY 1")
        commits = q.fetchall()
    peak = peak_rss_bytes(worker.pid) / MB
    rows = sum(n for _, n in commits)
    if rows != total or len(commits) < 2:
        raise LoadFailed(f"{rows} rows of {total} in {len(commits)} transactions")
    rate = (rows - commits[0][1]) / (commits[-1][0] - commits[0][0])
    return worker, rate, cpu, pg_cpu, peak


def worker(bench):
    """The same backlog again and again, each time beside a raw COPY of the rows it left."""
    keys = ("worker_rows_s", "worker_cpu_us", "pg_cpu_us", "worker_peak_mb", "copy_ratio")
    with bench.env("worker") as env:
        ledger = worker_backlog(bench, env, bench.options.backlog)
        total = topic_records(env, env.topic)
        bench.say(f"{total:,} events in the topic")
        connection = psycopg2.connect(env.url)
        connection.autocommit = True
        raw_rates, raw_cpus = [], []
        for _ in range(bench.options.pairs):
            program, rate, cpu, pg_cpu, peak = drain_backlog(bench, env, total)
            checked_audit(env, ledger)
            program.stop()
            raw_rate, raw_cpu = copy_baseline.load(connection, TABLE,
                                                   copy_baseline.chunks(connection, TABLE))
            raw_rates.append(raw_rate)
            raw_cpus.append(raw_cpu)
            for key, value in zip(keys, (rate, cpu, pg_cpu, peak, rate / raw_rate)):
                bench.figures.add(key, value)
            bench.say(f"{rate:,.0f} rows/s, worker {cpu:.2f} µs, PostgreSQL {pg_cpu:.2f} µs, peak "
                      f"{peak:.0f} MB; raw COPY {raw_rate:,.0f} rows/s, {raw_cpu:.2f} µs; ratio "
                      f"{rate / raw_rate:.2f}")
        connection.close()
    raw_rates.sort()
    raw_cpus.sort()
    bench.notes.append(f"raw COPY of the same rows: median {raw_rates[len(raw_rates) // 2]:,.0f} "
                       f"rows/s, {raw_cpus[len(raw_cpus) // 2]:.2f} µs of PostgreSQL per row")


def freshness(bench):
    """202 to visible row with everything running; a rate that the machine holds."""
    for rate in bench.options.row_rates:
        try:
            for _ in range(bench.options.runs):
                row_delay(bench, rate)
            bench.notes.append(f"202 → row was measured at {rate:,} events/s (NDJSON × 100)")
            return
        except TooFast as e:
            bench.say(f"{rate:,}/s is not held here: {e}")
            for key in ("row_p95_ms", "row_p99_ms"):
                bench.figures.values.pop(key, None)
    raise LoadFailed("no rate was held")


class TooFast(Exception):
    """The machine did not send or answer at the asked rate."""


def row_delay(bench, rate):
    with bench.env("fresh") as env:
        ingestor, program = env.ingestor(), env.worker()
        ledger = os.path.join(env.dir, "ledger")
        seconds = max(6, bench.options.seconds)
        run_load(bench, env, ingestor, ledger, rate, seconds, 100)
        audit = checked_audit(env, ledger)
        accepted = audit["accepted"]
        if accepted < 0.97 * rate * seconds:
            raise TooFast(f"{accepted / seconds:,.0f}/s accepted")
        p95, p99 = audit["row_ms"]["p95"], audit["row_ms"]["p99"]
        bench.figures.add("row_p95_ms", p95)
        bench.figures.add("row_p99_ms", p99)
        bench.say(f"{accepted / seconds:,.0f}/s: p95 {p95:.0f} ms, p99 {p99:.0f} ms")
        program.stop()
        ingestor.stop()


def connections(bench):
    """Keep-alive connections that sent one event and stay."""
    n = bench.options.connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < n + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, n + 200), hard))
    with bench.env("idle") as env:
        ingestor = env.ingestor()
        body = dumps(event())
        head = (f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nX-API-Key: {env.key.text}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        warm = keep_alive(ingestor.http_port)
        for _ in range(2000):
            request(ingestor.http_port, "POST", "/v1/events", body,
                    {"Content-Type": "application/json", **env.key.header}, connection=warm)
        before = rss_bytes(ingestor.pid)
        kept = []
        try:
            for _ in range(n):
                s = socket.create_connection(("127.0.0.1", ingestor.http_port), timeout=10)
                kept.append(s)
                s.sendall(head + body)
                answer = s.recv(4096)
                if not answer.startswith(b"HTTP/1.1 202"):
                    raise LoadFailed(f"connection {len(kept)}: {answer[:200]!r}")
            kb = (rss_bytes(ingestor.pid) - before) / 1024 / n
        finally:
            for s in kept:
                s.close()
            warm.close()
        bench.figures.add("ingestor_kb_per_conn", kb)
        bench.say(f"{n:,} connections: {kb:.1f} KB each")
        ingestor.stop()


PARTS = {
    "start": (start, ["start_s", "ingestor_idle_mb"]),
    "connections": (connections, ["ingestor_kb_per_conn"]),
    "ingest_single": (ingest_single, ["ingest_single_cpu_us", "ingest_single_events_s",
                                      "ingestor_peak_mb"]),
    "ingest_20k": (ingest_20k, ["ingest_single_20k_cpu_us"]),
    "latency": (latency, ["ack_p50_ms", "ack_p99_ms"]),
    "ingest_ndjson": (ingest_ndjson, ["ingest_ndjson100_cpu_us", "ingestor_peak_mb"]),
    "worker": (worker, ["worker_rows_s", "worker_cpu_us", "pg_cpu_us", "worker_peak_mb",
                        "copy_ratio"]),
    "freshness": (freshness, ["row_p95_ms", "row_p99_ms"]),
}

"""The table of goals (design section 9) with our column."""
import platform
import subprocess

from measure import text

# key, what, goal as text, goal met, digits
ROWS = [
    ("ingest_single_cpu_us", "single 300-byte events, 64 connections: CPU µs per accepted event",
     "≤ 12", lambda v: v <= 12, 1),
    ("ingest_single_events_s", "the same, events/s", "≥ 58,000", lambda v: v >= 58000, 0),
    ("ingest_single_20k_cpu_us", "single events at 20,000/s open loop: CPU µs per event", "≤ 20",
     lambda v: v <= 20, 1),
    ("ingest_ndjson100_cpu_us", "NDJSON × 100: CPU µs per accepted event", "≤ 1.8",
     lambda v: v <= 1.8, 2),
    ("worker_cpu_us", "worker: CPU µs per event", "≤ 1.2", lambda v: v <= 1.2, 2),
    ("pg_cpu_us", "PostgreSQL (the worker's backend): CPU µs per event", "≤ 1.2",
     lambda v: v <= 1.2, 2),
    ("copy_ratio", "worker rows/s : raw binary COPY of the same rows, pairs", "≥ 0.70",
     lambda v: v >= 0.7, 2),
    ("worker_rows_s", "worker, rows/s", "≥ 595,000", lambda v: v >= 595000, 0),
    ("ack_p50_ms", "latency to 202 at half of capacity, open loop: p50 ms", "≤ 2",
     lambda v: v <= 2, 2),
    ("ack_p99_ms", "the same: p99 ms", "≤ 10", lambda v: v <= 10, 2),
    ("row_p95_ms", "202 → visible row at 200,000 events/s: p95 ms", "≤ 250", lambda v: v <= 250, 0),
    ("row_p99_ms", "the same: p99 ms", "≤ 500", lambda v: v <= 500, 0),
    ("ingestor_idle_mb", "ingestor resident, idle: MB", "≤ 16", lambda v: v <= 16, 1),
    ("ingestor_peak_mb", "ingestor resident, peak under full load: MB", "≤ 32",
     lambda v: v <= 32, 1),
    ("ingestor_kb_per_conn", "ingestor, KB per idle keep-alive connection", "≤ 9",
     lambda v: v <= 9, 1),
    ("worker_peak_mb", "worker resident, peak with a backlog: MB", "≤ 256", lambda v: v <= 256, 0),
    ("start_s", "start to ready with servers up: s", "≤ 1", lambda v: v <= 1, 2),
]
KEYS = [row[0] for row in ROWS]


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()
    for line in lines:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = sum(line.startswith("processor") for line in lines)
    with open("/proc/loadavg", encoding="ascii") as f:
        load = f.read().split()[0]
    version = subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False).stdout.decode().strip()
    busy = " (BUSY: figures suffer)" if float(load) > cores / 2 else ""
    return (f"{cores} × {model}, Linux {platform.release()}, load average at the start {load}{busy}, "
            f"version {version or 'unknown'}")


def print_table(figures, notes):
    cells = [("what", "goal", "here", "")]
    for key, what, goal, met, digits in ROWS:
        s = figures.summary(key)
        # A memory goal is a limit: the largest run counts.
        judged = s and s["max" if key.endswith("_mb") else "median"]
        verdict = "" if s is None else ("ok" if met(judged) else "missed")
        here = text(s, digits)
        if key in figures.spoilt:
            here, verdict = "not valid", figures.spoilt[key]
        cells.append((what, goal, here, verdict))
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    for i, row in enumerate(cells):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |")
        if i == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for note in notes:
        print(f"- {note}")

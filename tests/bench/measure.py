"""Processor time and memory of processes, and figures with their spread."""
import os
import statistics

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid):
    """User + system time of a process, its ended threads included (proc(5), stat 14 and 15)."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        cells = f.read().rsplit(")", 1)[1].split()
    return (int(cells[11]) + int(cells[12])) / TICK


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * PAGE


def peak_rss_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise LookupError(f"no VmHWM of {pid}")


class Figures:
    """Results by key: every run adds one value; a load that failed its check spoils its keys."""

    def __init__(self):
        self.values = {}
        self.spoilt = {}

    def add(self, key, value):
        self.values.setdefault(key, []).append(value)

    def spoil(self, keys, reason):
        for key in keys:
            self.spoilt[key] = reason

    def summary(self, key):
        """{"median", "min", "max", "runs"}, or None when not measured or spoilt."""
        values = self.values.get(key)
        if not values or key in self.spoilt:
            return None
        return {"median": round(statistics.median(values), 4), "min": round(min(values), 4),
                "max": round(max(values), 4), "runs": len(values)}

    def median(self, key):
        s = self.summary(key)
        return s["median"] if s else None


def text(summary, digits):
    if summary is None:
        return "not measured"
    def number(v):
        return f"{v:,.{digits}f}"
    out = number(summary["median"])
    if summary["runs"] > 1:
        out += f" ({number(summary['min'])}–{number(summary['max'])}, {summary['runs']} runs)"
    return out

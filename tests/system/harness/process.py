"""Programs under test: start, read their JSON log lines, end, look at what they left."""
import ctypes
import json
import os
import re
import signal
import subprocess
import threading
import time

from .wait import PATIENCE

SANITIZER = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer"
                       r"|runtime error:|Assertion .* failed")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    """In the child: a run that is itself killed leaves no process behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def sanitizer_environment(root):
    suppressions = os.path.join(root, "tests", "tsan.supp")
    tsan = "exitcode=66:second_deadlock_stack=1"
    if os.path.exists(suppressions):
        tsan += f":suppressions={suppressions}"
    return {"ASAN_OPTIONS": "exitcode=99:detect_leaks=1", "TSAN_OPTIONS": tsan,
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


class Program:
    """A running program; its output is kept in a file, standard error is read line by line too."""

    def __init__(self, name, argv, env, log_path, cwd):
        self.name = name
        self.argv = argv
        self.log_path = log_path
        self.lines = []        # parsed JSON lines
        self.other = []        # lines that are no JSON
        self._changed = threading.Condition()
        self.started_at = time.monotonic()
        with open(log_path, "ab") as out:
            self.proc = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                                         stdout=out, stderr=subprocess.PIPE,
                                         preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.proc.pid

    def _read(self):
        with open(self.log_path, "ab") as log:
            for raw in self.proc.stderr:
                log.write(raw)
                log.flush()
                text = raw.decode("utf-8", "replace").rstrip("\n")
                try:
                    line = json.loads(text)
                except ValueError:
                    line = None
                with self._changed:
                    if isinstance(line, dict):
                        self.lines.append(line)
                    else:
                        self.other.append(text)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def log_line(self, event, timeout=10):
        """The first log line with this event name; waits for it."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self._changed:
            seen = 0
            while True:
                for line in self.lines[seen:]:
                    if line.get("event") == event:
                        return line
                seen = len(self.lines)
                left = deadline - time.monotonic()
                ended = self.proc.poll() is not None and not self._reader.is_alive()
                if left <= 0 or ended:
                    raise AssertionError(f"{self.name} {'ended' if ended else 'runs'} without log "
                                         f"line {event!r}; {self.tail()}")
                self._changed.wait(min(left, 0.2))

    def events(self, event):
        with self._changed:
            return [line for line in self.lines if line.get("event") == event]

    def tail(self, n=15):
        with open(self.log_path, "rb") as f:
            text = f.read().decode("utf-8", "replace")
        return f"end of {self.log_path}:\n" + "\n".join(text.splitlines()[-n:])

    def running(self):
        return self.proc.poll() is None

    def signal(self, number):
        if self.running():
            self.proc.send_signal(number)

    def kill(self):
        """SIGKILL and reap."""
        self.signal(signal.SIGKILL)
        self.proc.wait(10)
        self._reader.join(10)

    def wait(self, timeout):
        try:
            self.proc.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout * PATIENCE:.0f} s; "
                                 f"{self.tail()}") from None
        self._reader.join(10)
        return self.proc.returncode

    def stop(self, timeout=15):
        """SIGTERM; must end by itself with code 0 and without a sanitizer's report."""
        self.signal(signal.SIGTERM)
        code = self.wait(timeout)
        self.check_report()
        assert code == 0, f"{self.name} ended with {code} after SIGTERM; {self.tail()}"

    def check_report(self):
        bad = [line for line in self.other if SANITIZER.search(line)]
        assert not bad, f"{self.name}: {bad[0]}; whole report in {self.log_path}\n{self.tail(60)}"


class Server(Program):
    """ingestor or worker: knows its ports from the log."""

    def ready(self, timeout=15):
        self.log_line("ready", timeout)
        self.ready_after = time.monotonic() - self.started_at
        return self

    @property
    def http_port(self):
        return self.log_line("http_listening")["port"]

    @property
    def admin_port(self):
        return self.log_line("admin_listening")["port"]

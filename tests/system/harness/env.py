"""One test's own corner of the shared servers: topic prefix, schema, group, keys, programs."""
import base64
import datetime
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import uuid

from .http import request
from .process import Program, Server, sanitizer_environment
from .stack import ROOT, schema_url
from .wait import PATIENCE, wait_until

CONTRACT = "vehicle-telemetry"
TABLE = "vehicle_telemetry"


class Key:
    """An API key and its record for the configuration."""

    def __init__(self, key_id, tenant="acme", permissions="events:write"):
        self.id, self.tenant, self.permissions = key_id, tenant, permissions
        secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        self.text = f"tk_{key_id}_{secret}"
        self.sha256 = hashlib.sha256(secret.encode()).hexdigest()

    @property
    def header(self):
        return {"X-API-Key": self.text}


def now_text(shift_s=0.0):
    t = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=shift_s)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def event(vehicle="veh-000001", **changes):
    """A valid event of the vehicle-telemetry contract as a dict; None removes a member,
    payload={…} changes members of the payload."""
    e = {
        "event_id": str(uuid.uuid4()),
        "timestamp": now_text(),
        "vehicle_id": vehicle,
        "can_id": "0x18FF50E5",
        "payload": {"battery_soc": 81.5, "battery_voltage": 391.25, "battery_current": -12.5,
                    "cell_voltage_min": 3.75, "cell_voltage_max": 3.875, "cell_temp_min": 21.5,
                    "cell_temp_max": 24.25},
    }
    for name, value in changes.items():
        if name == "payload" and isinstance(value, dict):
            e["payload"].update(value)
        elif value is None:
            e.pop(name, None)
        else:
            e[name] = value
    return e


def dumps(value):
    return json.dumps(value, separators=(",", ":")).encode()


def yaml_scalar(value):
    """Quoted YAML; JSON strings are YAML strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(str(value)) if isinstance(value, str) else str(value)


class Env:
    def __init__(self, stack, bin_dir, directory, name):
        self.stack = stack
        self.bin = bin_dir
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self.name = f"{name}_{secrets.token_hex(3)}"
        self.prefix = self.name.replace("_", "-")
        self.schema = self.name
        self.url = schema_url(stack.database_url, self.schema)
        self.contracts = os.path.join(directory, "contracts")
        shutil.copytree(os.path.join(ROOT, "config", "contracts"), self.contracts)
        self.key = Key("writer")
        self.keys = [self.key, Key("reader", permissions="events:read")]
        self.programs = []
        self.serial = 0
        with stack.cursor() as q:
            q.execute(f'CREATE SCHEMA "{self.schema}"')

    @property
    def topic(self):
        return f"{self.prefix}.{CONTRACT}"

    @property
    def rejected_topic(self):
        return f"{self.prefix}.rejected"

    # --- configuration ----------------------------------------------------------------------
    def settings(self, program, **changes):
        """{section.name: value} of a program; changes use __ for the dot (http__max_body)."""
        s = {"log.level": "info", "contracts.dir": self.contracts,
             "kafka.brokers": self.stack.brokers, "kafka.topic_prefix": self.prefix,
             "admin.listen": "127.0.0.1:0"}
        if program == "ingestor":
            s["http.listen"] = "127.0.0.1:0"
            s["http.drain_delay"] = "0s"    # no balancer has to notice
        else:
            s["postgres.url"] = self.url
            s["kafka.group_id"] = self.prefix
            s["kafka.session_timeout"] = "6s"
        s.update({k.replace("__", "."): v for k, v in changes.items()})
        return s

    def write_config(self, program, settings):
        sections = {}
        for key, value in settings.items():
            section, _, name = key.partition(".")
            sections.setdefault(section, []).append(f"  {name}: {yaml_scalar(value)}")
        lines = []
        for section, entries in sections.items():
            lines += [f"{section}:"] + entries
        if program == "ingestor":
            lines.append("api_keys:")
            for k in self.keys:
                lines += [f"  - id: {k.id}", f"    sha256: {k.sha256}", f"    tenant: {k.tenant}",
                          f'    permissions: "{k.permissions}"']
                if getattr(k, "devices", None):
                    lines.append(f'    devices: "{k.devices}"')
        self.serial += 1
        path = os.path.join(self.dir, f"{program}-{self.serial}.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def environment(self):
        """What a program sees: nothing of the caller's own settings."""
        keep = {k: v for k, v in os.environ.items()
                if k in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH",
                         "TIDEGATE_TEST_RUN")}
        return {**keep, **sanitizer_environment(ROOT)}

    # --- programs ---------------------------------------------------------------------------
    def run(self, argv, timeout=60, env=None, check=None):
        """A short-lived program of ours; result with .code, .out, .err as text."""
        argv = [os.path.join(self.bin, argv[0])] + list(argv[1:])
        done = subprocess.run(argv, cwd=ROOT, env={**self.environment(), **(env or {})},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout * PATIENCE, check=False)
        result = Done(argv, done.returncode, done.stdout.decode("utf-8", "replace"),
                      done.stderr.decode("utf-8", "replace"))
        if check is not None:
            assert result.code == check, result
        return result

    def start(self, program, argv, cls=Server):
        self.serial += 1
        log = os.path.join(self.dir, f"{program}-{self.serial}.log")
        p = cls(program, [os.path.join(self.bin, program)] + argv, self.environment(), log, ROOT)
        self.programs.append(p)
        return p

    def prepare(self):
        """Topics and tables; both commands are run twice in effect by many tests, so they must be
        repeatable."""
        config = self.write_config("worker", self.settings("worker"))
        self.run(["worker", "topics", "--config", config], check=0)
        self.run(["worker", "migrate", "--config", config], check=0)
        return self

    def ingestor(self, ready=True, **changes):
        config = self.write_config("ingestor", self.settings("ingestor", **changes))
        p = self.start("ingestor", ["run", "--config", config])
        return p.ready() if ready else p

    def worker(self, ready=True, **changes):
        config = self.write_config("worker", self.settings("worker", **changes))
        p = self.start("worker", ["run", "--config", config])
        return p.ready() if ready else p

    def loadtest(self, port, ledger, **options):
        """Starts `loadtest run` in the background against an ingestor's port; its figures go to
        LEDGER.run.json."""
        argv = ["run", "--url", f"http://127.0.0.1:{port}", "--api-key", self.key.text,
                "--ledger", ledger, "--json", ledger + ".run.json"]
        for name, value in options.items():
            argv += [f"--{name.replace('_', '-')}", str(value)]
        return self.start("loadtest", argv, cls=Program)

    def audit(self, ledger, wait=60, timeout=None):
        return self.run(["loadtest", "audit", "--ledger", ledger, "--database", self.url, "--wait",
                         str(int(wait * PATIENCE)), "--json", ledger + ".audit.json"],
                        timeout=timeout or wait + 120)

    # --- looking ----------------------------------------------------------------------------
    def post(self, ingestor, body, path="/v1/events", key=None, headers=None, **more):
        """POST of bytes, or of a value as JSON, with this environment's key."""
        data = body if isinstance(body, bytes) or hasattr(body, "__next__") else dumps(body)
        h = {"Content-Type": "application/json", **(key or self.key).header, **(headers or {})}
        return request(ingestor.http_port, "POST", path, data, h, **more)

    def sql(self, statement, *args):
        with self.stack.cursor(self.schema) as q:
            q.execute(statement, args or None)
            return q.fetchall() if q.description else []

    def sql_row(self, statement, *args):
        rows = self.sql(statement, *args)
        assert len(rows) == 1, rows
        return rows[0]

    def count(self, table=TABLE):
        return self.sql_row(f"SELECT count(*) FROM {table}")[0]

    def wait_rows(self, n, table=TABLE, timeout=30):
        wait_until(lambda: self.count(table) >= n, timeout, f"{n} rows in {table}")

    # --- end --------------------------------------------------------------------------------
    def close(self):
        """Ends what still runs, drops the schema; a sanitizer's report fails the test."""
        for p in self.programs:
            if p.running():
                p.kill()
        try:
            for p in self.programs:
                p.check_report()
        finally:
            with self.stack.cursor() as q:
                q.execute("SET client_min_messages = warning")
                q.execute(f'DROP SCHEMA IF EXISTS "{self.schema}" CASCADE')


class Done:
    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    def __repr__(self):
        return f"{' '.join(self.argv)} ended with {self.code}\n{self.out[-4000:]}\n{self.err[-4000:]}"

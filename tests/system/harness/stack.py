"""The private servers of deploy/local/stack, and ways to take one of them away for a while."""
import contextlib
import os
import shlex
import subprocess
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import parse_dsn

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def read_env(path):
    """Shell assignments of D/env."""
    values = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            line = line.removeprefix("export ")
            key, _, value = line.partition("=")
            values[key] = "".join(shlex.split(value))
    return values


class Stack:
    def __init__(self, directory, kafka=None):
        self.dir = os.path.abspath(directory)
        self.kafka_kind = kafka
        self.env = {}

    def _run(self, command, *more, timeout=300):
        argv = [os.path.join(ROOT, "deploy", "local", "stack"), command, *more, "--dir", self.dir]
        # Servers of the caller's environment are not for tests that stop them.
        env = {k: v for k, v in os.environ.items()
               if k not in ("KAFKA_BROKERS", "DATABASE_URL", "REDIS_URL")}
        os.makedirs(self.dir, exist_ok=True)
        log = f"{self.dir}-{command}.log"
        # Into a file, not a pipe: nothing that a server inherits can keep this call waiting.
        with open(log, "ab") as out:
            code = subprocess.run(argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=out, timeout=timeout, check=False).returncode
        if code != 0:
            with open(log, encoding="utf-8", errors="replace") as f:
                tail = "".join(f.readlines()[-30:])
            raise RuntimeError(f"{' '.join(argv)} ended with {code}\n{tail}")

    def up(self):
        # Without --kafka an existing stack keeps its kind and a machine without Maven Central gets
        # the embedded broker.
        self._run("up", *(["--kafka", self.kafka_kind] if self.kafka_kind else []), timeout=900)
        self.env = read_env(os.path.join(self.dir, "env"))
        return self

    def down(self):
        self._run("down")

    @property
    def brokers(self):
        return self.env["KAFKA_BROKERS"]

    @property
    def database_url(self):
        return self.env["DATABASE_URL"]

    @property
    def embedded(self):
        """The in-memory broker: forgets everything when it is stopped."""
        return self.env.get("STACK_KAFKA") == "embedded"

    def service(self, command, name):
        """kill, stop, start, pause or resume of postgres, redis or kafka."""
        self._run(command, name)

    @contextlib.contextmanager
    def cursor(self, schema=None):
        """A cursor of an own autocommit connection."""
        c = psycopg2.connect(self.database_url, connect_timeout=5,
                             options=f"-csearch_path={schema}" if schema else "")
        try:
            c.autocommit = True
            with c.cursor() as q:
                yield q
        finally:
            c.close()


def schema_url(url, schema, **changes):
    """The same database as a postgresql:// URL with an own search_path; changes are libpq
    keywords (host, port)."""
    parts = {**parse_dsn(url), **changes}
    options = parts.pop("options", "") + f" -csearch_path={schema}"
    parts["options"] = options.strip()
    return dsn_to_url(parts)


def dsn_to_url(parts):
    """A postgresql:// URL whose every part is a query parameter but the database name."""
    parts = {k: str(v) for k, v in parts.items()}
    name = parts.pop("dbname", "postgres")
    query = "&".join(f"{k}={quote(v, safe='')}" for k, v in sorted(parts.items()))
    return f"postgresql:///{quote(name, safe='')}?{query}"

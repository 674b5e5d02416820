"""wrk with prepared requests: closed loop, as many as the ingestor takes."""
import os
import re
import subprocess
import uuid

from harness.env import dumps, event

SCRIPT = """-- Requests made before the start and sent round-robin.
local bodies, n = {}, 0
function init(args)
  local f = assert(io.open(args[1], "rb"))
  while true do
    local length = f:read("*l")
    if not length then break end
    local body = f:read(tonumber(length))
    f:read(1)
    n = n + 1
    bodies[n] = wrk.format("POST", "/v1/events",
      {["X-API-Key"] = args[2], ["Content-Type"] = args[3], ["Host"] = "bench"}, body)
  end
  f:close()
end
local i = 0
function request()
  i = i % n + 1
  return bodies[i]
end
"""

VEHICLES = 1000


def events(n):
    """n valid events over a thousand vehicles, distinct ids, about 300 bytes each."""
    made = []
    for i in range(n):
        made.append(dumps(event(f"veh-{i % VEHICLES:06d}", event_id=str(uuid.UUID(int=i + (1 << 120))),
                                payload={"battery_soc": round(20 + i % 600 / 10, 1)})))
    return made


def write_bodies(path, kind, requests):
    """A file of bodies, each after its length. kind: single or ndjson. Events per request."""
    batch = 1 if kind == "single" else 100
    all_events = events(requests * batch)
    with open(path, "wb") as f:
        for i in range(requests):
            body = b"\n".join(all_events[i * batch:(i + 1) * batch])
            f.write(b"%d\n%s\n" % (len(body), body))
    return batch


class Result:
    """What wrk says: requests with a 2xx answer, the rest, seconds, latency."""

    def __init__(self, text):
        total = int(re.search(r"(\d+) requests in", text).group(1))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        socket = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)",
                           text)
        self.bad = int(bad.group(1)) if bad else 0
        self.socket_errors = sum(map(int, socket.groups())) if socket else 0
        self.good = total - self.bad
        amount, unit = re.search(r"requests in ([0-9.]+)(ms|s|m)", text).groups()
        self.seconds = float(amount) * {"ms": 1e-3, "s": 1, "m": 60}[unit]
        self.text = text


def run(directory, port, key, bodies, kind, connections, seconds):
    script = os.path.join(directory, "requests.lua")
    with open(script, "w", encoding="ascii") as f:
        f.write(SCRIPT)
    content_type = "application/json" if kind == "single" else "application/x-ndjson"
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
                           "--latency", "-s", script, f"http://127.0.0.1:{port}", "--", bodies, key,
                           content_type], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds + 60, check=False)
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or "requests in" not in text:
        raise RuntimeError(f"wrk ended with {done.returncode}: {text}")
    return Result(text)

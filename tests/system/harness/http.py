"""HTTP/1.1 for tests: an ordinary client over http.client and raw bytes over a socket."""
import http.client
import json
import re
import socket

TIMEOUT = 30


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.header_list = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.header_list} {self.body[:2000]!r}>"


def request(port, method, path, body=None, headers=None, timeout=TIMEOUT, connection=None):
    """One request; a fresh connection unless one is given. body: bytes, or an iterator of bytes
    (sent chunked)."""
    c = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request(method, path, body=body, headers=headers or {},
                  encode_chunked=body is not None and not isinstance(body, (bytes, str)))
        r = c.getresponse()
        return Answer(r.status, r.getheaders(), r.read())
    finally:
        if connection is None:
            c.close()


def keep_alive(port, timeout=TIMEOUT):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)


def raw(port, data, timeout=10):
    """Sends bytes as they are on a fresh connection and reads until the server closes or `timeout`
    passes in silence. Returns all bytes that came."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        try:
            s.sendall(data)
        except OSError:
            pass                     # the server may answer and close while we still send
        s.settimeout(timeout)
        while True:
            try:
                piece = s.recv(65536)
            except (socket.timeout, ConnectionResetError):
                return got
            if not piece:
                return got
            got += piece


def raw_statuses(data):
    """Status codes of the answers in raw bytes, in order; finds them by the status line."""
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", data)]


def metrics(port):
    """/metrics as {name{labels}: value}."""
    a = request(port, "GET", "/metrics")
    assert a.status == 200, a
    out = {}
    for line in a.body.decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            out[name] = float(value)
    return out


def metric_sum(values, name, **labels):
    """Sum over the series of a metric whose labels contain all those given."""
    total = 0.0
    for series, value in values.items():
        base, _, rest = series.partition("{")
        if base == name and all(f'{k}="{v}"' in rest for k, v in labels.items()):
            total += value
    return total

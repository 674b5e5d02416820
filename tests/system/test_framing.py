"""Ambiguous or broken HTTP framing: refused, the connection closed, and never a second request run
from the bytes of the first."""
import pytest
from harness.env import dumps, event
from harness.http import raw, raw_statuses, request


def head(env, *lines, method="POST", path="/v1/events", host="Host: t\r\n"):
    return (f"{method} {path} HTTP/1.1\r\n{host}X-API-Key: {env.key.text}\r\n"
            "Content-Type: application/json\r\n" + "".join(x + "\r\n" for x in lines)
            + "\r\n").encode()


def first_and_smuggled(env, lines):
    """A POST with questionable framing, then bytes that look like a request of their own."""
    body = dumps(event())
    lines = [x.replace("LEN", str(len(body))) for x in lines]
    smuggled = b"GET /v1/smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
    return head(env, *lines) + body + smuggled


@pytest.mark.parametrize("lines", [
    ["Content-Length: LEN", "Content-Length: 5"],
    ["Content-Length: 5", "Content-Length: LEN"],
    ["Content-Length: LEN", "Transfer-Encoding: chunked"],
    ["Content-Length : LEN"],
    ["Transfer-Encoding: identity"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Content-Length: LEN", "Host: other"],
    ["Content-Length: +LEN"],
    ["Content-Length: -1"],
    ["Content-Length: 0x10"],
    ["Content-Length: LEN, LEN"],
    ["Content-Length: 99999999999999999999"],
    ["Content-Length: LEN", "X API: b"],
], ids=lambda lines: " | ".join(lines))
def test_ambiguous_framing_is_refused_and_closed(shared_env, ingestor, lines):
    got = raw(ingestor.http_port, first_and_smuggled(shared_env, lines), timeout=5)
    statuses = raw_statuses(got)
    # libmicrohttpd 0.9.75 writes the header of an error of its own twice.
    assert statuses in ([400], [413], [400, 400], [413, 413]), got
    assert b"smuggled" not in got


@pytest.mark.parametrize("host", ["", "Host: a\r\nHost: b\r\n"], ids=["none", "two"])
def test_host_must_be_there_once(shared_env, ingestor, host):
    body = dumps(event())
    got = raw(ingestor.http_port, head(shared_env, f"Content-Length: {len(body)}", host=host) + body,
              timeout=5)
    assert raw_statuses(got)[:1] == [400], got


def test_two_credentials_are_refused(shared_env, ingestor):
    body = dumps(event())
    got = raw(ingestor.http_port, head(shared_env, f"Content-Length: {len(body)}",
                                       f"X-API-Key: {shared_env.key.text}") + body, timeout=2)
    assert set(raw_statuses(got)) in ({400}, {401}), got


def test_header_block_over_the_cap_is_431(shared_env, ingestor):
    body = dumps(event())
    many = [f"X-Filler-{i}: {'v' * 40}" for i in range(600)]
    got = raw(ingestor.http_port, head(shared_env, f"Content-Length: {len(body)}", *many) + body,
              timeout=5)
    assert set(raw_statuses(got)) == {431}, got[:300]


def test_pipelined_requests_are_answered_in_order(shared_env, ingestor):
    bodies = [dumps(event()), b"{", dumps(event())]
    data = b"".join(head(shared_env, f"Content-Length: {len(b)}",
                         *(["Connection: close"] if i == 2 else [])) + b
                    for i, b in enumerate(bodies))
    got = raw(ingestor.http_port, data, timeout=5)
    assert raw_statuses(got) == [202, 400, 202], got


def test_expect_continue_is_answered_before_the_body_is_sent(shared_env, ingestor):
    import socket
    body = dumps(event())
    with socket.create_connection(("127.0.0.1", ingestor.http_port), timeout=5) as s:
        s.sendall(head(shared_env, f"Content-Length: {len(body)}", "Expect: 100-continue",
                       "Connection: close"))
        assert s.recv(4096).startswith(b"HTTP/1.1 100 ")
        s.sendall(body)
        got = b""
        while piece := s.recv(4096):
            got += piece
    assert raw_statuses(got) == [202], got


def test_expect_continue_over_the_cap_is_refused_before_the_body(shared_env, ingestor):
    got = raw(ingestor.http_port, head(shared_env, "Content-Length: 1000000",
                                       "Expect: 100-continue"), timeout=5)
    assert raw_statuses(got) == [413], got


def test_slow_body_ends_at_the_deadline_not_at_the_last_byte(env):
    import socket
    import time
    p = env.ingestor(http__body_timeout="1s")
    body = dumps(event())
    started = time.monotonic()
    got = b""
    with socket.create_connection(("127.0.0.1", p.http_port), timeout=5) as s:
        s.sendall(head(env, f"Content-Length: {len(body)}"))
        s.settimeout(0.25)
        for i in range(len(body) - 1):           # a byte every quarter second: 70 s and more
            try:
                s.sendall(body[i:i + 1])
                piece = s.recv(4096)
                got += piece
                break
            except socket.timeout:
                assert time.monotonic() - started < 30, "still open"
            except OSError:
                break
    assert time.monotonic() - started < 30
    assert raw_statuses(got) in ([], [408]), got
    assert request(p.http_port, "POST", "/v1/events", body,
                   {"Content-Type": "application/json", **env.key.header}).status == 202
    p.stop()


def test_rubbish_instead_of_http_does_no_harm(shared_env, ingestor):
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"POST /v1/events HTTP/9.9\r\n\r\n",
                 bytes(range(256)) * 8):
        statuses = raw_statuses(raw(ingestor.http_port, data, timeout=0.5))
        assert all(400 <= s < 600 for s in statuses), (data[:20], statuses)
    assert shared_env.post(ingestor, event()).status == 202

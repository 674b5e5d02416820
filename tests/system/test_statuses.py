"""Every answer of the ingest route that needs no broken server. One ingestor for the file, caps:
body 64 KiB, event 4 KiB, 50 events."""
import json

import pytest
from harness import kafka
from harness.env import Key, dumps, event
from harness.http import keep_alive, request

JSON = {"Content-Type": "application/json"}
PROBLEM = "application/problem+json"


def check_problem(answer, status, **members):
    """RFC 9457 shape with our stable type."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == PROBLEM, answer
    p = answer.json
    assert p["status"] == status
    assert p["type"].startswith("https://tidegate.dev/problems/"), p
    assert p["title"] and p.get("detail", "-"), p
    assert p["instance"], p
    for name, value in members.items():
        assert p[name] == value, p
    return p


def test_valid_event_is_202(shared_env, ingestor):
    answer = shared_env.post(ingestor, event())
    assert answer.status == 202, answer


def test_bearer_credential_is_taken_like_the_key_header(shared_env, ingestor):
    answer = request(ingestor.http_port, "POST", "/v1/events", dumps(event()),
                     {**JSON, "Authorization": f"Bearer {shared_env.key.text}"})
    assert answer.status == 202, answer


@pytest.mark.parametrize("body", [
    b"{", b"nonsense", b'{"a":1}}', b'{"a":01}', b'{"a":"\xff"}', b'{"a":1,}', b"\x00",
    b'{"a":1\x00}', b'{"a":NaN}', b'{"a":"\\ud800"}', b"[" * 200, b'{"a":1}{"b":2}'])
def test_malformed_json_is_400(shared_env, ingestor, body):
    check_problem(shared_env.post(ingestor, body), 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"\n\n"])
def test_batch_without_events_is_refused(shared_env, ingestor, body):
    kind = "application/x-ndjson" if b"\n" in body else "application/json"
    check_problem(shared_env.post(ingestor, body, headers={"Content-Type": kind}), 422)


def wrong_keys(env):
    good = env.key.text
    other = Key("nobody").text
    return {
        "none": {},
        "empty": {"X-API-Key": ""},
        "unknown id": {"X-API-Key": other},
        "wrong secret": {"X-API-Key": good[:-1] + ("A" if good[-1] != "A" else "B")},
        "secret cut": {"X-API-Key": good[:-1]},
        "secret longer": {"X-API-Key": good + "A"},
        "other's secret": {"X-API-Key": "tk_writer_" + env.keys[1].text.split("_", 2)[2]},
        "no prefix": {"X-API-Key": good[3:]},
        "basic": {"Authorization": "Basic dGs6dGs="},
        "bearer of nothing": {"Authorization": "Bearer "},
        "bearer rubbish": {"Authorization": "Bearer abc.def.ghi"},
    }


@pytest.mark.parametrize("case", ["none", "empty", "unknown id", "wrong secret", "secret cut",
                                  "secret longer", "other's secret", "no prefix", "basic",
                                  "bearer of nothing", "bearer rubbish"])
def test_bad_credential_is_401_and_names_the_scheme(shared_env, ingestor, case):
    answer = request(ingestor.http_port, "POST", "/v1/events", dumps(event()),
                     {**JSON, **wrong_keys(shared_env)[case]})
    p = check_problem(answer, 401)
    assert answer.headers["www-authenticate"], answer
    assert shared_env.key.text.split("_", 2)[2] not in json.dumps(p)


def test_key_without_permission_is_403(shared_env, ingestor):
    check_problem(shared_env.post(ingestor, event(), key=shared_env.keys[1]), 403)


@pytest.mark.parametrize("path", [
    "/v1/event", "/v1/events/", "/v1//events", "/V1/events", "/v0/events", "/v1/events/x/y",
    "/v1/events/no-such-contract", "/v1/events/..", "/v1/ev%00ents", "/v1/events%00", "/v1",
    "/v1/events/Vehicle-Telemetry", "/v1/events/vehicle-telemetry/"])
def test_unknown_path_or_contract_is_404(shared_env, ingestor, path):
    answer = shared_env.post(ingestor, event(), path=path)
    assert answer.status in ((400, 404) if "%00" in path else (404,)), answer
    check_problem(answer, answer.status)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/sensor-reading"])
def test_other_method_is_405_with_allow(shared_env, ingestor, method, path):
    answer = request(ingestor.http_port, method, path, headers=shared_env.key.header)
    check_problem(answer, 405)
    assert "POST" in [m.strip() for m in answer.headers["allow"].split(",")]


def test_body_over_the_cap_by_its_length_is_413(shared_env, ingestor):
    check_problem(shared_env.post(ingestor, b" " * (64 * 1024 + 1)), 413)


def test_body_of_exactly_the_cap_is_taken(shared_env, ingestor):
    e = dumps(event())
    answer = shared_env.post(ingestor, e + b" " * (64 * 1024 - len(e)))
    assert answer.status == 202, answer


def test_chunked_body_over_the_cap_is_413(shared_env, ingestor):
    pieces = (b" " * 1024 for _ in range(65))
    check_problem(shared_env.post(ingestor, pieces), 413)


def test_more_events_than_the_cap_is_413_and_produces_nothing(shared_env, ingestor):
    few = [event(f"cap-{i}", payload={}) for i in range(51)]
    check_problem(shared_env.post(ingestor, few), 413)
    keys = {r["key"] for r in kafka.read(shared_env.stack.brokers, shared_env.topic)}
    assert not [k for k in keys if "cap-" in k]


def test_as_many_events_as_the_cap_are_taken(shared_env, ingestor):
    answer = shared_env.post(ingestor, [event(f"full-{i}") for i in range(50)])
    assert answer.status == 202, answer
    assert answer.json["accepted"] == 50


def test_single_event_over_the_event_cap_is_413(shared_env, ingestor):
    check_problem(shared_env.post(ingestor, event(payload={"note": "x" * 5000})), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/jsonx", ""])
def test_other_content_type_is_415(shared_env, ingestor, kind):
    check_problem(shared_env.post(ingestor, event(), headers={"Content-Type": kind}), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON",
                                  "application/x-ndjson; charset=UTF-8"])
def test_content_type_with_parameter_or_other_case_is_taken(shared_env, ingestor, kind):
    answer = shared_env.post(ingestor, event(), headers={"Content-Type": kind})
    assert answer.status == 202, answer


def test_unknown_content_coding_is_415(shared_env, ingestor):
    check_problem(shared_env.post(ingestor, event(), headers={"Content-Encoding": "br"}), 415)


@pytest.mark.parametrize("change, pointer, code", [
    ({"payload": {"battery_soc": 101}}, "/payload/battery_soc", "maximum"),
    ({"payload": {"battery_soc": -0.5}}, "/payload/battery_soc", "minimum"),
    ({"payload": {"battery_soc": "80"}}, "/payload/battery_soc", "type"),
    ({"timestamp": "2026-02-30T00:00:00Z"}, "/timestamp", "format"),
    ({"timestamp": 1700000000}, "/timestamp", "type"),
])
def test_invalid_event_is_422_with_pointer_and_code(shared_env, ingestor, change, pointer, code):
    p = check_problem(shared_env.post(ingestor, event(**change)), 422)
    assert [(e["index"], e["pointer"], e["code"]) for e in p["errors"]] == [(0, pointer, code)]


def test_all_events_of_a_batch_invalid_is_422_with_each(shared_env, ingestor):
    bad = [event(payload={"battery_soc": 200 + i}) for i in range(3)]
    p = check_problem(shared_env.post(ingestor, bad), 422)
    assert [e["index"] for e in p["errors"]] == [0, 1, 2]


def test_connection_stays_open_over_answers_that_leave_no_doubt(shared_env, ingestor):
    c = keep_alive(ingestor.http_port)
    c.connect()
    sock = c.sock
    h = {**JSON, **shared_env.key.header}
    for body, status in ((event(), 202), (event(payload={"battery_soc": 101}), 422),
                         (event(), 202)):
        answer = request(ingestor.http_port, "POST", "/v1/events", dumps(body), h, connection=c)
        assert answer.status == status, answer
    assert c.sock is sock, "the connection was closed in between"
    c.close()


def test_request_ids_differ_and_are_returned(shared_env, ingestor):
    ids = {shared_env.post(ingestor, event()).json["request_id"] for _ in range(5)}
    assert len(ids) == 5


def test_unknown_query_parameter_or_value_is_refused_or_ignored_but_never_breaks(shared_env,
                                                                                 ingestor):
    for query in ("?atomic=maybe", "?x=1", "?atomic", "?&&=&"):
        answer = shared_env.post(ingestor, event(), path="/v1/events" + query)
        assert answer.status in (202, 400), answer

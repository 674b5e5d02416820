"""Requests of many events: verdicts per event, arrays and NDJSON, all or nothing."""
from harness import kafka
from harness.env import dumps, event

NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson(events):
    return b"".join((e if isinstance(e, bytes) else dumps(e)) + b"\n" for e in events)


def accepted_ids(env):
    import json
    return {json.loads(r["payload"])["event_id"] for r in kafka.read(env.stack.brokers, env.topic)}


def mixed():
    """Seven events; 1, 3, 4 and 6 are wrong in known ways."""
    return [
        event("veh-1"),
        event("veh-2", payload={"battery_soc": 100.5}),
        event("veh-3"),
        event("veh-4", vehicle_id=None),
        event("veh-5", timestamp="yesterday"),
        event("veh-6"),
        event("veh-7", payload={"battery_soc": "full"}),
    ]


EXPECTED = [(1, "/payload/battery_soc", "maximum"), (3, None, "required"),
            (4, "/timestamp", "format"), (6, "/payload/battery_soc", "type")]


def check_errors(errors, expected=tuple(EXPECTED)):
    assert [e["index"] for e in errors] == [index for index, _, _ in expected]
    for error, (_, pointer, code) in zip(errors, expected):
        assert error["code"] == code, error
        if pointer is not None:
            assert error["pointer"] == pointer, error
        assert error["detail"], error


def test_array_with_good_and_bad_events_gets_a_verdict_for_each(env):
    ingestor, worker = env.ingestor(), env.worker()
    events = mixed()
    answer = env.post(ingestor, events)
    assert answer.status == 202, answer
    body = answer.json
    assert (body["accepted"], body["rejected"]) == (3, 4)
    check_errors(body["errors"])
    assert "event_id" not in body
    good = {events[i]["event_id"] for i in (0, 2, 5)}
    assert accepted_ids(env) == good
    env.wait_rows(3)
    assert {r[0] for r in env.sql("SELECT event_id::text FROM vehicle_telemetry")} == good
    worker.stop()
    ingestor.stop()


def test_ndjson_error_names_the_line(env):
    ingestor = env.ingestor()
    lines = [dumps(e) for e in mixed()]
    lines.insert(2, b'{"broken":')
    answer = env.post(ingestor, ndjson(lines), headers=NDJSON)
    assert answer.status == 202, answer
    assert (answer.json["accepted"], answer.json["rejected"]) == (3, 5)
    check_errors(answer.json["errors"], [EXPECTED[0], (2, None, "json")]
                 + [(i + 1, p, c) for i, p, c in EXPECTED[1:]])
    assert len(accepted_ids(env)) == 3
    ingestor.stop()


def test_ndjson_without_final_newline_and_with_crlf_and_empty_lines_takes_all(env):
    ingestor = env.ingestor()
    events = [event(f"veh-{i}") for i in range(3)]
    body = dumps(events[0]) + b"\r\n\r\n\n" + dumps(events[1]) + b"\r\n" + dumps(events[2])
    answer = env.post(ingestor, body, headers=NDJSON)
    assert answer.status == 202, answer
    assert (answer.json["accepted"], answer.json["rejected"]) == (3, 0)
    assert accepted_ids(env) == {e["event_id"] for e in events}
    ingestor.stop()


def test_rejected_events_go_to_the_rejected_topic_with_their_reason(env):
    ingestor = env.ingestor()
    bad = event("veh-9", payload={"battery_soc": -1})
    answer = env.post(ingestor, [event("veh-8"), bad])
    assert answer.status == 202, answer
    ingestor.stop()
    records = kafka.read(env.stack.brokers, env.rejected_topic)
    assert len(records) == 1
    text = records[0]["payload"] + str(records[0].get("headers", ""))
    assert bad["event_id"] in text and "battery_soc" in text and "minimum" in text


def test_atomic_batch_with_one_bad_event_produces_nothing(env):
    ingestor = env.ingestor()
    answer = env.post(ingestor, mixed(), path="/v1/events?atomic=true")
    assert answer.status == 422, answer
    assert answer.headers["content-type"] == "application/problem+json"
    check_errors(answer.json["errors"])
    assert accepted_ids(env) == set()

    events = [event("veh-1"), event("veh-2")]
    answer = env.post(ingestor, events, path="/v1/events?atomic=true")
    assert answer.status == 202, answer
    assert accepted_ids(env) == {e["event_id"] for e in events}
    ingestor.stop()


def test_ten_violations_of_one_event_are_collected_and_no_more(env):
    ingestor = env.ingestor()
    bad = {name: "x" for name in event()["payload"]}
    e = event("veh-1", timestamp="never", event_id=7, can_id=[], vehicle_id=3, payload=bad)
    answer = env.post(ingestor, e)
    assert answer.status == 422, answer
    assert len(answer.json["errors"]) == 10
    assert {error["index"] for error in answer.json["errors"]} == {0}
    ingestor.stop()


def test_chunked_body_is_taken_like_a_counted_one(env):
    ingestor = env.ingestor()
    events = [event(f"veh-{i}") for i in range(20)]
    data = ndjson(events)
    pieces = (data[i:i + 97] for i in range(0, len(data), 97))
    answer = env.post(ingestor, pieces, headers=NDJSON)
    assert answer.status == 202, answer
    assert answer.json["accepted"] == 20
    assert accepted_ids(env) == {e["event_id"] for e in events}
    ingestor.stop()

"""The path of one event: POST, 202, Kafka, COPY, row."""
import datetime
import json
import uuid

from harness import kafka
from harness.env import CONTRACT, TABLE, dumps, event
from harness.wait import wait_until


def stored(env, event_id):
    columns = ("event_time received_at koff tenant device event_id::text kpart flags extra "
               "battery_soc battery_voltage battery_current cell_voltage_min cell_voltage_max "
               "cell_temp_min cell_temp_max").split()
    rows = env.sql(f"SELECT {', '.join(columns)} FROM {TABLE} WHERE event_id = %s::uuid", event_id)
    return [dict(zip((c.split("::")[0] for c in columns), row)) for row in rows]


def test_event_accepted_is_in_kafka_and_in_its_typed_row(env):
    ingestor, worker = env.ingestor(), env.worker()
    before = datetime.datetime.now(datetime.timezone.utc)
    e = event("veh-000017")
    sent = dumps(e)

    answer = env.post(ingestor, sent)

    assert answer.status == 202, answer
    body = answer.json
    assert answer.headers["content-type"].startswith("application/json")
    assert (body["accepted"], body["rejected"], body["errors"]) == (1, 0, [])
    assert body["event_id"] == e["event_id"]
    assert body["request_id"]

    records = kafka.read(env.stack.brokers, env.topic)
    assert len(records) == 1
    record = records[0]
    assert record["payload"].encode() == sent
    assert record["key"] == "acme\x1fveh-000017"
    assert "headers" not in record or not record["headers"]
    assert kafka.read_raw(env.stack.brokers, env.topic, record["partition"],
                          record["offset"]) == sent

    env.wait_rows(1)
    after = datetime.datetime.now(datetime.timezone.utc)
    row, = stored(env, e["event_id"])
    assert row["event_time"] == datetime.datetime.fromisoformat(e["timestamp"][:-1] + "+00:00")
    assert before - datetime.timedelta(seconds=1) <= row["received_at"] <= after
    assert (row["kpart"], row["koff"]) == (record["partition"], record["offset"])
    assert (row["tenant"], row["device"]) == ("acme", "veh-000017")
    for name, value in e["payload"].items():
        assert row[name] == value, name
    worker.stop()
    ingestor.stop()


def test_event_bytes_of_a_batch_stay_as_the_client_wrote_them(env):
    ingestor = env.ingestor()
    odd = event("veh-000002")
    # Spaces, order of members, escapes and number forms that any re-serialisation would change.
    text = json.dumps(odd, indent=2, sort_keys=True).replace("81.5", "8.150e1").replace(
        "veh-000002", "veh-00000\\u0032").encode()
    other = dumps(event("veh-000003"))

    answer = env.post(ingestor, b" [ " + text + b" ,\n" + other + b" ] ")

    assert answer.status == 202, answer
    payloads = [r["payload"].encode() for r in kafka.read(env.stack.brokers, env.topic)]
    assert sorted(payloads) == sorted([text, other])
    ingestor.stop()


def test_event_of_the_second_contract_reaches_its_own_table(env):
    ingestor, worker = env.ingestor(), env.worker()
    reading = {"device_id": "dev-7", "metric": "temperature", "value": 21.75, "unit": "celsius",
               "timestamp": event()["timestamp"]}

    answer = env.post(ingestor, reading, path="/v1/events/sensor-reading")

    assert answer.status == 202, answer
    env.wait_rows(1, "sensor_reading")
    row = env.sql_row("SELECT device, metric, value, unit FROM sensor_reading")
    assert row == ("dev-7", "temperature", 21.75, "celsius")
    assert env.count() == 0
    worker.stop()
    ingestor.stop()


def test_event_without_id_gets_one_from_its_bytes_and_is_stored_once(env):
    ingestor, worker = env.ingestor(), env.worker()
    sent = dumps(event("veh-000004", event_id=None))

    first, again = env.post(ingestor, sent), env.post(ingestor, sent)

    assert (first.status, again.status) == (202, 202), (first, again)
    assert first.json["event_id"] == again.json["event_id"]
    uuid.UUID(first.json["event_id"])
    wait_until(lambda: env.sql("SELECT sum(next_off) FROM ingest_offset WHERE topic = %s",
                               env.topic)[0][0] == 2, 20, "both records passed")
    assert len(stored(env, first.json["event_id"])) == 1
    worker.stop()
    ingestor.stop()


def test_unknown_members_allowed_by_the_contract_are_kept_in_extra(env):
    ingestor, worker = env.ingestor(), env.worker()
    e = event("veh-000005", payload={"note": "first drive"})
    answer = env.post(ingestor, e)
    assert answer.status == 202, answer
    env.wait_rows(1)
    row, = stored(env, e["event_id"])
    assert row["extra"]["payload"]["note"] == "first drive"
    worker.stop()
    ingestor.stop()


def test_second_start_of_topics_and_migrate_changes_nothing(env):
    config = env.write_config("worker", env.settings("worker"))
    # A broker's metadata follow a creation within moments.
    partitions = wait_until(lambda: kafka.partitions(env.stack.brokers, env.topic), 10, "the topic")
    assert wait_until(lambda: kafka.partitions(env.stack.brokers, env.rejected_topic), 10,
                      "the topic of rejected events")
    env.run(["worker", "topics", "--config", config], check=0)
    env.run(["worker", "migrate", "--config", config], check=0)
    assert kafka.partitions(env.stack.brokers, env.topic) == partitions
    rows = env.sql("SELECT name, version FROM contract_version ORDER BY name")
    assert [name for name, _ in rows] == ["sensor-reading", CONTRACT]

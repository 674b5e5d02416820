"""`ingestor contract check` and `contract diff`; a contract that does not compile stops the start."""
import json
import os

import pytest
from harness.stack import ROOT

BUNDLED = os.path.join(ROOT, "config", "contracts")
TELEMETRY = os.path.join(BUNDLED, "vehicle-telemetry.json")


def changed(shared_env, name, change):
    """A copy of the bundled contract after change(document)."""
    with open(TELEMETRY, encoding="utf-8") as f:
        document = json.load(f)
    change(document)
    folder = os.path.join(shared_env.dir, name)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "vehicle-telemetry.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    return path


def payload(document):
    """The schema of the payload, wherever a $ref puts it."""
    schema = document["properties"]["payload"]
    if "$ref" in schema:
        schema = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema["properties"]


def test_check_accepts_every_bundled_contract(shared_env):
    files = sorted(os.path.join(BUNDLED, f) for f in os.listdir(BUNDLED))
    assert len(files) >= 2
    shared_env.run(["ingestor", "contract", "check", *files], check=0)


@pytest.mark.parametrize("name, change, word", [
    ("keyword", lambda d: d.update({"oneOf": []}), "oneOf"),
    ("format", lambda d: d["properties"]["timestamp"].update({"format": "julian"}), "julian"),
    ("pattern", lambda d: d["properties"]["vehicle_id"].update({"pattern": "("}), "pattern"),
    ("pointer", lambda d: d.update({"x-device": "/no/such"}), "/no/such"),
    ("column", lambda d: payload(d)["battery_soc"].update({"x-column": "varchar"}), "x-column"),
])
def test_check_refuses_and_names_file_and_reason(shared_env, name, change, word):
    path = changed(shared_env, "bad-" + name, change)
    done = shared_env.run(["ingestor", "contract", "check", path])
    assert done.code in (1, 2), done
    text = done.out + done.err
    assert "vehicle-telemetry.json" in text and word in text, done


def test_start_is_refused_with_a_contract_that_does_not_compile(shared_env):
    path = changed(shared_env, "bad-start", lambda d: d.update({"oneOf": []}))
    for program in ("ingestor", "worker"):
        config = shared_env.write_config(program, shared_env.settings(
            program, contracts__dir=os.path.dirname(path)))
        done = shared_env.run([program, "run", "--config", config], check=2)
        assert "oneOf" in done.err, done


@pytest.mark.parametrize("name, change, code", [
    ("same", lambda d: None, 0),
    ("text", lambda d: d.update({"description": "another text"}), 0),
    ("wider", lambda d: payload(d)["battery_soc"].update({"maximum": 200}), 0),
    ("added", lambda d: payload(d).update(
        {"tyre_pressure": {"type": ["number", "null"], "x-column": "real"}}), 0),
    ("narrower", lambda d: payload(d)["battery_soc"].update({"maximum": 90}), 1),
    ("column type", lambda d: payload(d)["battery_soc"].update({"x-column": "float8"}), 1),
    ("column removed", lambda d: [payload(d)["battery_soc"].pop(k) for k in
                                 ("x-column", "x-rollup", "x-anomaly")], 1),
    ("required", lambda d: d["required"].append("tenant_note") or d["properties"].update(
        {"tenant_note": {"type": "string"}}), 1),
])
def test_diff_says_by_its_exit_code_whether_old_events_stay_valid(shared_env, name, change, code):
    newer = changed(shared_env, "diff-" + name.replace(" ", "-"), change)
    done = shared_env.run(["ingestor", "contract", "diff", TELEMETRY, newer], check=code)
    assert ("breaking" in done.out + done.err) == (code == 1), done


def test_check_and_diff_with_missing_file_or_argument_is_usage(shared_env):
    assert shared_env.run(["ingestor", "contract", "diff", TELEMETRY]).code == 2
    assert shared_env.run(["ingestor", "contract"]).code == 2
    assert shared_env.run(["ingestor", "contract", "check", "/nonexistent.json"]).code in (1, 2)

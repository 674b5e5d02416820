"""Bearer tokens: what signs them, what refuses them, what they may do, and keys that change."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import signal
import subprocess
import threading

import pytest
from harness.env import dumps, event
from harness.http import metric_sum, metrics, request
from harness.wait import wait_until

ISSUER, AUDIENCE = "https://issuer.test", "tidegate"
ALGS = ["RS256", "PS256", "ES256", "EdDSA", "HS256"]
PROBLEMS = "https://tidegate.dev/problems/"


class Signer:
    """Keys made by `ingestor jwks new`, the file that the ingestor reads, tokens of `ingestor
    token`."""

    def __init__(self, env, name="keys"):
        self.env = env
        self.dir = os.path.join(env.dir, name)
        os.makedirs(self.dir)
        self.path = os.path.join(self.dir, "jwks.json")
        self.keys = {}       # kid: (alg, file of the private part, members of the set)

    def make(self, alg, kid=None):
        kid = kid or f"key-{alg}"
        private = os.path.join(self.dir, f"{kid}.key")
        done = self.env.run(["ingestor", "jwks", "new", "--alg", alg, "--kid", kid,
                             "--key", private], check=0)
        self.keys[kid] = (alg, private, json.loads(done.out)["keys"])
        return kid

    def publish(self, *kids):
        """Writes the key set with these keys; replaced at once, as an operator would."""
        text = json.dumps({"keys": [k for kid in kids for k in self.keys[kid][2]]})
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(self.path + ".new", self.path)
        return self.path

    def token(self, kid, key_of=None, **changes):
        """changes: flags of `ingestor token`; None leaves one out. key_of: signs with another's
        key."""
        alg, private, _ = self.keys[key_of or kid]
        flags = {"alg": alg, "key": private, "kid": kid, "iss": ISSUER, "aud": AUDIENCE,
                 "sub": "gateway-7", "tenant": "globex", "scope": "events:write", **changes}
        argv = [w for k, v in flags.items() if v is not None for w in (f"--{k}", v)]
        return self.env.run(["ingestor", "token", *argv], check=0).out.strip()


def settings(path, **more):
    return {"auth__jwks": path, "auth__issuer": ISSUER, "auth__audience": AUDIENCE, **more}


def post(server, token, body, path="/v1/events"):
    return request(server.http_port, "POST", path, dumps(body),
                   {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hand_made(header, claims, sign=None):
    """A token without our tools; sign: bytes to signature."""
    text = f"{b64(dumps(header))}.{b64(dumps(claims))}"
    return f"{text}.{b64(sign(text.encode()) if sign else b'')}"


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture(scope="module")
def signer(shared_env):
    s = Signer(shared_env)
    s.publish(*[s.make(alg) for alg in ALGS])
    s.make("ES256", "stranger")        # a key that is in no set
    return s


@pytest.fixture(scope="module")
def edge(shared_env, signer):
    p = shared_env.ingestor(**settings(signer.path))
    yield p
    p.stop()


def refused(answer, reason, status=401):
    assert answer.status == status, answer
    assert answer.json["type"] == PROBLEMS + "unauthenticated", answer
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ") and 'error="invalid_token"' in challenge, answer
    assert reason in challenge and reason in answer.json["detail"], answer


def test_every_algorithm_is_taken_and_its_events_are_stored(shared_env, signer, edge):
    worker = shared_env.worker()
    for alg in ALGS:
        token = signer.token(f"key-{alg}")
        for _ in range(2):             # verified, then known
            answer = post(edge, token, event(f"jwt-{alg}"))
            assert answer.status == 202, (alg, answer)
    wait_until(lambda: shared_env.sql("SELECT device, tenant, count(*) FROM vehicle_telemetry "
                                      "WHERE device LIKE 'jwt-%%' GROUP BY 1, 2 ORDER BY 1")
               == sorted((f"jwt-{alg}", "globex", 2) for alg in ALGS), 30, "two rows an algorithm")
    worker.stop()


def test_api_keys_go_on_working_beside_tokens(shared_env, edge):
    assert shared_env.post(edge, event()).status == 202
    answer = request(edge.http_port, "POST", "/v1/events", dumps(event()),
                     {"Content-Type": "application/json",
                      "Authorization": f"Bearer {shared_env.key.text}"})
    assert answer.status == 202, answer


def test_token_in_the_field_of_api_keys_is_401(shared_env, signer, edge):
    answer = request(edge.http_port, "POST", "/v1/events", dumps(event()),
                     {"Content-Type": "application/json", "X-API-Key": signer.token("key-ES256")})
    assert answer.status == 401, answer


WRONG_CLAIMS = {
    "expired": ({"claims": '{"iat":1700000000,"exp":1700003600}'}, "has expired"),
    "of the future": ({"claims": '{"nbf":4102444800}'}, "not valid yet"),
    "without expiry": ({"claims": '{"exp":null}'}, "has no exp"),
    "too lasting": ({"ttl": "48h"}, "lives longer"),
    "other audience": ({"aud": "somebody-else"}, "another audience"),
    "other issuer": ({"iss": "https://issuer.test/"}, "issuer"),
    "no tenant": ({"tenant": None}, "tenant claim"),
    "tenant with separator": ({"claims": '{"tenant":"a\\u001fb"}'}, "tenant claim"),
    "devices of a wrong type": ({"claims": '{"devices":7}'}, "device claim"),
}


@pytest.mark.parametrize("case", WRONG_CLAIMS)
def test_token_with_wrong_claims_is_401_and_says_why(signer, edge, case):
    changes, reason = WRONG_CLAIMS[case]
    refused(post(edge, signer.token("key-ES256", **changes), event()), reason)


def test_token_of_another_key_is_401(signer, edge):
    refused(post(edge, signer.token("key-ES256", key_of="stranger"), event()),
            "signature is wrong")
    refused(post(edge, signer.token("stranger"), event()), "no key fits")
    refused(post(edge, signer.token("key-RS256", key_of="key-ES256"), event()), "not its key's")


def test_altered_token_is_401_even_when_the_true_one_is_known(signer, edge):
    token = signer.token("key-HS256")
    assert post(edge, token, event()).status == 202
    head, body, signature = token.split(".")
    forged = b64(dumps({**claims_of(token), "tenant": "acme"}))
    refused(post(edge, f"{head}.{forged}.{signature}", event()), "signature is wrong")
    refused(post(edge, f"{head}.{body}.", event()), "")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_token_without_signature_is_401(signer, edge, alg):
    claims = claims_of(signer.token("key-ES256"))
    for header in ({"alg": alg}, {"alg": alg, "kid": "key-RS256"}):
        answer = post(edge, hand_made(header, claims), event())
        assert answer.status == 401, answer
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_token_signed_with_the_public_key_as_secret_is_401(signer, edge):
    private = signer.keys["key-RS256"][1]
    pem = subprocess.run(["openssl", "pkey", "-in", private, "-pubout"], check=True,
                         stdout=subprocess.PIPE).stdout
    assert pem.startswith(b"-----BEGIN PUBLIC KEY-----")
    claims = claims_of(signer.token("key-RS256"))
    for secret in (pem, pem.rstrip(b"\n")):
        for header in ({"alg": "HS256", "kid": "key-RS256"}, {"alg": "HS256"}):
            token = hand_made(header, claims,
                              lambda text, s=secret: hmac.new(s, text, hashlib.sha256).digest())
            answer = post(edge, token, event())
            assert answer.status == 401, answer
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("token", [".", "..", "a.b.c", "e30.e30.", "e30.e30.e30.e30", "x." * 300,
                                   "A" * 2000 + "." + "A" * 1500 + "." + "A" * 1000])
def test_rubbish_token_is_401(edge, token):
    refused(post(edge, token, event()), "")


def test_permission_missing_is_403(signer, edge):
    for scope in (None, "", "events:read", "openid profile"):
        answer = post(edge, signer.token("key-EdDSA", scope=scope), event())
        assert answer.status == 403, answer
        assert answer.json["type"] == PROBLEMS + "forbidden", answer
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        assert "events:write" in answer.json["detail"]


def test_permissions_of_other_claims_count(signer, edge):
    for claims in ('{"scp":["events:write"]}', '{"permissions":["a","events:write"]}'):
        token = signer.token("key-EdDSA", scope=None, claims=claims)
        assert post(edge, token, event()).status == 202


def test_device_outside_the_scope_is_rejected_by_itself(signer, edge):
    token = signer.token("key-ES256", devices="veh-1* pump-?")
    answer = post(edge, token, [event("veh-17"), event("veh-2"), event("pump-3"), event("pump-33")])
    assert answer.status == 202, answer
    assert (answer.json["accepted"], answer.json["rejected"]) == (2, 2)
    assert [(e["index"], e["pointer"], e["code"]) for e in answer.json["errors"]] == [
        (1, "/vehicle_id", "device-scope"), (3, "/vehicle_id", "device-scope")]


def test_all_devices_outside_the_scope_is_403(signer, edge):
    token = signer.token("key-ES256", devices="veh-1*")
    for body, n in ((event("veh-2"), 1), ([event("veh-2"), event("x")], 2)):
        answer = post(edge, token, body)
        assert answer.status == 403, answer
        assert answer.json["type"] == PROBLEMS + "device-scope", answer
        assert [e["code"] for e in answer.json["errors"]] == ["device-scope"] * n


def test_outside_the_scope_beside_invalid_is_422(signer, edge):
    token = signer.token("key-ES256", devices="veh-1*")
    answer = post(edge, token, [event("veh-2"), event("veh-1", payload={"battery_soc": 101})])
    assert answer.status == 422, answer
    assert [e["code"] for e in answer.json["errors"]] == ["device-scope", "maximum"]


def test_atomic_with_one_outside_the_scope_takes_none(signer, edge):
    token = signer.token("key-ES256", devices="veh-1*")
    answer = post(edge, token, [event("veh-1"), event("veh-2")], path="/v1/events?atomic=true")
    assert answer.status == 422, answer


def test_metrics_and_readiness_show_tokens(signer, edge):
    token = signer.token("key-HS256", sub="metrics")
    before = metrics(edge.admin_port)
    assert post(edge, token, event()).status == 202
    refused(post(edge, signer.token("key-HS256", aud="x"), event()), "audience")
    after = metrics(edge.admin_port)

    def grown(name, **labels):
        return metric_sum(after, name, **labels) - metric_sum(before, name, **labels)
    assert grown("ingestor_token_cache_total", result="miss") == 2
    assert grown("ingestor_auth_failures_total", reason="wrong_audience") == 1
    assert metric_sum(after, "ingestor_jwks_keys") == len(ALGS)
    ready = request(edge.admin_port, "GET", "/readyz?verbose")
    assert ready.status == 200 and b"[+]jwks ok" in ready.body, ready


def test_token_texts_never_reach_the_log(signer, shared_env):
    p = shared_env.ingestor(**settings(signer.path, log__level="debug"))
    good, bad = signer.token("key-ES256"), signer.token("key-ES256", aud="x")
    assert post(p, good, event()).status == 202
    assert post(p, bad, event()).status == 401
    p.stop()
    with open(p.log_path, encoding="utf-8") as f:
        log = f.read()
    assert "gateway-7" in log          # who it was
    for token in (good, bad):
        for part in token.split("."):
            assert part not in log


# --- keys that change ----------------------------------------------------------------------------
def reload(server, event_name="reloaded"):
    n = len(server.events(event_name))
    server.signal(signal.SIGHUP)
    wait_until(lambda: len(server.events(event_name)) > n, 10, event_name)


def test_keys_are_rotated_by_overlap_without_a_restart(env):
    s = Signer(env)
    s.make("ES256", "old")
    s.make("RS256", "new")
    p = env.ingestor(**settings(s.publish("old")))
    old, new = s.token("old"), s.token("new")

    def statuses():
        return post(p, old, event()).status, post(p, new, event()).status
    assert statuses() == (202, 401)
    s.publish("old", "new")
    reload(p)
    assert statuses() == (202, 202)
    s.publish("new")
    reload(p)
    assert statuses() == (401, 202)    # what was verified before counts no more
    with open(s.path, "w", encoding="utf-8") as f:
        f.write('{"keys":[')
    reload(p, "reload_failed")
    assert statuses() == (401, 202)
    assert metric_sum(metrics(p.admin_port), "ingestor_jwks_failures") == 1
    p.stop()


def test_while_a_url_gives_no_keys_tokens_get_503_and_api_keys_202(env):
    s = Signer(env)
    s.make("ES256")
    p = env.ingestor(ready=False, **settings("http://127.0.0.1:1/keys"))
    p.log_line("jwks_fetch_failed")
    wait_until(lambda: env.post(p, event()).status == 202, 10, "API keys work")
    answer = post(p, s.token("key-ES256"), event())
    assert answer.status == 503, answer
    assert answer.json["type"] == PROBLEMS + "keys-unavailable"
    assert answer.json["outcome"] == "not_taken" and answer.headers["retry-after"]
    ready = request(p.admin_port, "GET", "/readyz?verbose")
    assert ready.status == 503 and b"[-]jwks" in ready.body, ready
    p.stop()


def test_keys_of_a_url_are_taken_and_outlive_it_but_its_secrets_are_not(env):
    s = Signer(env)
    with open(s.publish(s.make("PS256"), s.make("HS256")), "rb") as f:
        text = f.read()

    class Issuer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass
    issuer = http.server.HTTPServer(("127.0.0.1", 0), Issuer)
    thread = threading.Thread(target=issuer.serve_forever, daemon=True)
    thread.start()
    p = env.ingestor(**settings(f"http://127.0.0.1:{issuer.server_port}/keys"))
    issuer.shutdown()
    issuer.server_close()
    assert metric_sum(metrics(p.admin_port), "ingestor_jwks_keys") == 1
    assert post(p, s.token("key-PS256"), event()).status == 202
    refused(post(p, s.token("key-HS256"), event()), "no key fits")
    assert post(p, s.token("key-PS256", sub="later"), event()).status == 202
    p.stop()


# --- configuration -------------------------------------------------------------------------------
BAD = {
    "no issuer": ({"auth__issuer": ""}, "auth.issuer"),
    "no audience": ({"auth__audience": ""}, "auth.audience"),
    "no such file": ({"auth__jwks": "/nonexistent/jwks.json"}, "/nonexistent/jwks.json"),
    "plain http": ({"auth__jwks": "http://issuer.test/keys"}, "auth.jwks"),
    "devices required of no claim": ({"auth__devices_claim": "", "auth__devices_required": True},
                                     "auth.devices_required"),
    "not a key set": ({"auth__jwks": "VERSION"}, "auth.jwks"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_configuration_of_tokens_refuses_the_start(shared_env, signer, case):
    changes, reason = BAD[case]
    config = shared_env.write_config("ingestor", shared_env.settings(
        "ingestor", **settings(signer.path, **changes)))
    for argv in (["ingestor", "--config", config, "--check-config"],
                 ["ingestor", "run", "--config", config]):
        done = shared_env.run(argv)
        assert done.code == 2 and reason in done.err, done


def test_without_jwks_a_token_is_401(shared_env, signer):
    p = shared_env.ingestor()
    assert post(p, signer.token("key-ES256"), event()).status == 401
    p.stop()


# --- devices of API keys -------------------------------------------------------------------------
def test_api_key_speaks_for_its_devices_alone(env):
    env.key.devices = "veh-1* pump-?"
    p = env.ingestor()
    answer = env.post(p, [event("veh-17"), event("veh-2")])
    assert answer.status == 202 and answer.json["accepted"] == 1, answer
    assert answer.json["errors"][0]["code"] == "device-scope"
    assert env.post(p, event("veh-2")).status == 403
    p.stop()

"""Loads by bin/loadtest with the audit that follows each."""
import json


def figures(path):
    """What loadtest wrote with --json."""
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def load(env, ingestor, events, rate, ledger="ledger", **options):
    """Starts an open loop of about so many events. The generator and the ledger's path."""
    path = f"{env.dir}/{ledger}"
    duration = max(2, round(events / rate))
    run = env.loadtest(ingestor.http_port, path, **{"vehicles": 200, "rate": rate,
                                                    "duration": duration, **options})
    return run, path


def finish(env, run, ledger, timeout=120):
    """Waits for the generator, then the audit must find nothing wrong. Its figures."""
    code = run.wait(timeout)
    assert code == 0, run.tail(30)
    done = env.audit(ledger)
    assert done.code == 0, done
    return figures(ledger + ".audit.json")

"""Loads by bin/loadtest with the audit that follows each."""
import re


def number(text):
    return float(text.replace(",", ""))


def audit_counts(text):
    """{name: number} of the audit's lines "lost 0" or "lost: 0"."""
    return {name.lower(): number(n) for name, n in
            re.findall(r"([A-Za-z][A-Za-z_ -]*?)[:=\s]\s*([0-9][0-9,.]*)\b", text)}


def load(env, ingestor, events, rate, ledger="ledger", **options):
    """Starts an open loop of about so many events. The generator and the ledger's path."""
    path = f"{env.dir}/{ledger}"
    duration = max(2, round(events / rate))
    run = env.loadtest(ingestor.http_port, path, **{"vehicles": 200, "rate": rate,
                                                    "duration": duration, **options})
    return run, path


def finish(env, run, ledger, timeout=120):
    """Waits for the generator, then the audit must find nothing wrong. Its counts."""
    code = run.wait(timeout)
    assert code == 0, run.tail(30)
    done = env.audit(ledger)
    assert done.code == 0, done
    return audit_counts(done.out)

"""Kafka through kcat: what is in a topic, byte for byte; records put there by hand."""
import json
import subprocess
import tempfile


def read(brokers, topic):
    """All records of a topic up to its present end: dicts of kcat's JSON envelope with payload as
    text, key, partition, offset, ts."""
    done = subprocess.run(["kcat", "-b", brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q",
                           "-J"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return [json.loads(line) for line in done.stdout.splitlines()]


def read_raw(brokers, topic, partition, offset):
    """The value of one record, byte for byte."""
    done = subprocess.run(["kcat", "-b", brokers, "-C", "-t", topic, "-p", str(partition), "-o",
                           str(offset), "-c", "1", "-e", "-q", "-D", ""],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


def produce(brokers, topic, values, key=None, partition=None):
    """Each value (bytes, any content) becomes one record, in the order given."""
    for value in values:
        # A file argument is taken whole as one message: no delimiter can get in its way.
        with tempfile.NamedTemporaryFile() as f:
            f.write(value)
            f.flush()
            argv = ["kcat", "-b", brokers, "-P", "-t", topic, "-X", "acks=all"]
            if key is not None:
                argv += ["-k", key]
            if partition is not None:
                argv += ["-p", str(partition)]
            subprocess.run(argv + [f.name], check=True, timeout=60, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def partitions(brokers, topic):
    """Number of partitions, 0 when the topic does not exist."""
    done = subprocess.run(["kcat", "-b", brokers, "-L", "-J", "-m", "10"], check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for t in json.loads(done.stdout)["topics"]:
        if t["topic"] == topic and "error" not in t:
            return len(t["partitions"])
    return 0

"""Waiting on conditions with a deadline; the two knobs that fit a run to its machine."""
import os
import time

# Loads are multiplied by it: sanitizer builds take 0.1 or so.
SCALE = float(os.environ.get("TIDEGATE_TEST_SCALE", "1"))
BIN = os.environ.get("TIDEGATE_BIN", "")
# Deadlines are multiplied by it; a deadline that is too long costs nothing when all goes well.
PATIENCE = 5.0 if "asan" in BIN or "tsan" in BIN else 1.0


def scaled(n, least=1):
    return max(least, int(n * SCALE))


def wait_until(condition, timeout, what, interval=0.02):
    """Returns the first true result of condition(); fails with `what` after `timeout` seconds.
    An exception of the condition counts as false and is named in the failure."""
    deadline = time.monotonic() + timeout * PATIENCE
    error = None
    while True:
        try:
            result = condition()
            error = None
            if result:
                return result
        except (OSError, AssertionError, LookupError, ValueError) as e:
            error = e
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not within {timeout * PATIENCE:.0f} s: {what}"
                               + (f" ({error!r})" if error else ""))
        time.sleep(interval)

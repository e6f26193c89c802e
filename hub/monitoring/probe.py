"""Asks this machine's health port whether the hub is ready: for containers and for systemd.

`python -m hub.monitoring.probe` prints what does not work, a line each, and ends with 0 or 1; with
`--wait 60` it asks until all works, at most so many seconds. It loads next to nothing, because each
container runs it once a minute. Without HUB_HEALTH_PORT it has nothing to ask, and ends with 0.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from hub.texts import language_of, text, use_language

ANSWER_WITHIN = 5.0
PAUSE = 0.25
_OWN = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def problems(environment: Mapping[str, str]) -> list[str]:
    """Return what does not work, empty when all does."""
    host = environment.get("HUB_HEALTH_HOST", "").strip("[]")
    host = _OWN.get(host, f"[{host}]" if ":" in host else host)
    url = f"http://{host}:{environment['HUB_HEALTH_PORT']}/readyz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_WITHIN) as answer:
            return _problem_lines(json.load(answer))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return _problem_lines(json.load(refusal))
    except (OSError, ValueError) as error:
        return [text("health.no_port", url=url, why=type(error).__name__)]


def _problem_lines(document: Mapping[str, Any]) -> list[str]:
    """Return the lines of an answer."""
    if document["ready"]:
        return []
    found = [
        text("health.role_not_ready", role=it["role"], since=it["since"], why=it["why"])
        for it in document["roles"]
        if not it["ready"]
    ]
    return [*found, *filter(None, [document.get("store")])]


def wait_until_ready(environment: Mapping[str, str], *, seconds: float) -> list[str]:
    """Return what still does not work after so many seconds, empty once all does."""
    ends = time.monotonic() + seconds
    while (found := problems(environment)) and time.monotonic() < ends:
        time.sleep(PAUSE)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Print what does not work; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hub.monitoring.probe")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    wait: float = parser.parse_args(words).wait
    use_language(language_of(os.environ))
    if os.environ.get("HUB_HEALTH_PORT", "0") in {"", "0"}:
        return 0
    found = wait_until_ready(os.environ, seconds=wait)
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

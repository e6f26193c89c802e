"""The hub's gateway, one process on SQLite, with agents: `hub_side FOLDER PORT COUNT`."""

import json
import signal
import sys
import threading
from pathlib import Path

from hub.bootstrap.build import build
from hub.operations.edge import enrolling
from hub.operations.signed_by import SignedBy
from hub.runtime import telemetry
from hub.runtime.clock import utc_now
from hub.settings import Settings

KEYS = "keys.json"


def main() -> None:
    """Leave the agents' keys in a file, then serve until told to stop."""
    folder, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(
        data_dir=str(folder),
        http_port=port,
        roles="gateway",
        log_level="ERROR",
        broker_url="amqp://guest:guest@127.0.0.1:1/none",
    )
    telemetry.setup(level="ERROR")
    hub = build(settings, sources=())
    keys = {}
    for nth in range(count):
        name = f"agent-{nth:03d}"
        now = utc_now()
        by: SignedBy = {"actor": "the benchmark", "reason": "a measurement", "now": now}
        code = enrolling.add(hub.store, name, by=by)
        made = enrolling.enrol(hub.store, code.text, address="127.0.0.1", now=now)
        assert made is not None
        keys[name] = made.key
    hub.start()
    place = folder / KEYS
    place.with_suffix(".new").write_text(json.dumps(keys), encoding="ascii")
    place.with_suffix(".new").rename(place)
    stop.wait()
    hub.stop()


if __name__ == "__main__":
    main()

"""The hub's gateway, one process, its store on SQLite, with a client: `hub_side FOLDER PORT`.

The role `gateway` alone: what is taken in stays in the store, for other roles to work on.
"""

import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from hub.bootstrap.build import build
from hub.operations.clients import issuing
from hub.rules.clients.client import ANY, Client
from hub.runtime import telemetry
from hub.runtime.clock import utc_now
from hub.settings import Settings
from tests.benchmarks.gateway.order import FILE_LIMIT_MB, KEY_FILE


def main() -> None:
    """Leave the client's key in a file, then serve until told to stop."""
    folder, port, stop = Path(sys.argv[1]), int(sys.argv[2]), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    telemetry.setup(level="WARNING")
    settings = Settings(
        data_dir=str(folder),
        http_port=port,
        roles="gateway",
        log_level="WARNING",
        broker_url="amqp://guest:guest@127.0.0.1:1/none",
        file_limit_mb=FILE_LIMIT_MB,
    )
    hub = build(settings, sources=())
    every = frozenset({ANY})
    issued = issuing.add(
        hub.store,
        Client(id="benchmark", operations=every, agencies=every),
        lasts=timedelta(days=1),
        by={"actor": "the benchmark", "reason": "a measurement", "now": utc_now()},
    )
    assert issued.key is not None
    place = folder / KEY_FILE
    place.touch(mode=0o600)
    place.write_text(issued.key.text, encoding="ascii")
    hub.start()
    stop.wait()
    hub.stop()


if __name__ == "__main__":
    main()

"""A hub in a process of its own that dies of one message."""

import os
import signal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from hub.bootstrap.build import build
from hub.exchange.records_queue.receive import Receive
from hub.runtime.process.stop_signals import StopSignals
from tests.support.programs.forked import CONTEXT

if TYPE_CHECKING:
    from hub.messages.envelope import Message
    from hub.messages.payloads import Payload
    from hub.settings import Settings
    from hub.store.engine.store import Tx


def start(settings: "Settings", deadly: str) -> tuple[BaseProcess, Connection]:
    """Start it; the connection gives something after each commit, and ends when it ends."""
    told, tell = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(settings, deadly, tell))
    process.start()
    tell.close()
    return process, told


def _work(settings: "Settings", deadly: str, tell: Connection) -> None:
    """Be the hub until SIGTERM; die as when memory is short where the message is `deadly`."""
    stop = StopSignals()  # SIGTERM comes once for each commit that the test sees
    hub = build(settings, sources=[])
    (receive,) = [role for role in hub.roles if isinstance(role, Receive)]
    records = receive.handler

    def handle(tx: "Tx", message: "Message", payload: "Payload") -> object:
        if message.id == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return records(tx, message, payload)

    vars(receive)["handler"] = handle
    hub.committed.append(lambda: tell.send_bytes(b"committed"))
    hub.start()
    stop.wait()
    hub.stop()

"""A process that is told to stop stops, also when it is told so many times at once."""

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import os, signal, threading
from hub.runtime.process.stop_signals import StopSignals

stop = StopSignals()
assert not stop.wait(0)
def tell():
    for _ in range(2000):
        os.kill(os.getpid(), signal.SIGTERM)
teller = threading.Thread(target=tell)
teller.start()
assert stop.wait() and stop.wait(0)
teller.join()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_ends_however_many_signals_come_at_once(number: signal.Signals) -> None:
    """A lock in the handler would be waited for by the handler of the next signal, for ever."""
    program = _PROGRAM.replace("signal.SIGTERM)", f"signal.{number.name})")
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0

"""Keys as they are pressed, without Enter; the terminal is as before when the block ends."""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def pressed_keys() -> Iterator[Callable[[float], str]]:
    """Give what waits for a key, at most some seconds, and returns it; "" where none came.

    At the end of the input (a terminal that went) it returns `q`.
    """
    place = sys.stdin.fileno()
    before = termios.tcgetattr(place)
    tty.setcbreak(place)

    def wait(seconds: float) -> str:
        ready, _, _ = select.select([place], [], [], seconds)
        if not ready:
            return ""
        # Not by sys.stdin: it would read ahead, and select would wait for what is here.
        return os.read(place, 1).decode("ascii", "ignore") or "q"

    try:
        yield wait
    finally:
        termios.tcsetattr(place, termios.TCSADRAIN, before)

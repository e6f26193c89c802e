"""How soon Python lets another thread go on while one computes.

A web server has one busy thread, its event loop, and one that commits. The committing thread gives
Python's lock away at each statement and waits for it again. With Python's own interval of 5 ms the
loop has served every caller before a commit goes on, and then waits for the commit itself.
"""

import sys

INTERVAL = 0.0003
"""Seconds for which a thread keeps the lock while another waits."""


def switch_often() -> None:
    """Have the threads of this process take turns sooner; more time goes into switching."""
    sys.setswitchinterval(INTERVAL)

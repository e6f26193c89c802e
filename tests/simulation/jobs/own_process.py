"""A process that stories have for themselves: nothing of the machine decides in it."""

import logging
import os
import sys

import structlog


def begin() -> None:
    """Keep the log silent; where the order of sets is chance, start this very program anew."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(  # noqa: S606 - this very program
            sys.executable,
            [sys.executable, *sys.orig_argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    structlog.configure(
        processors=[_silence],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=True,
    )


def _silence(*_: object) -> dict[str, object]:
    raise structlog.DropEvent

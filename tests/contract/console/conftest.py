"""Browsers at consoles, which end with their test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.console import looking

Look = Callable[..., httpx.Client]


@pytest.fixture
def look() -> Iterator[Look]:
    """Open a browser at the console over a store, see `looking`."""
    with ExitStack() as stack:
        yield lambda *given, **options: stack.enter_context(looking(*given, **options))

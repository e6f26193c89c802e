"""Where a benchmark works: a directory below var/bench and a private RabbitMQ, gone afterwards."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from hub.drill.sandbox.rabbit_node import PrivateRabbit

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """A directory and a broker."""

    directory: Path
    rabbit: PrivateRabbit

    @contextmanager
    def vhost(self, name: str) -> Iterator[str]:
        """Give a virtual host of its own, by its AMQP address; nothing is left in the broker."""
        url = self.rabbit.create_vhost(name)
        try:
            yield url
        finally:
            self.rabbit.delete_vhost(name)

    def folder(self, name: str) -> Path:
        """Return a new directory."""
        return Path(mkdtemp(prefix=f"{name}-", dir=self.directory))


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """Give a new directory; remove it at the end."""
    base = ROOT / "var" / "bench"
    base.mkdir(parents=True, exist_ok=True)
    directory = Path(mkdtemp(prefix=f"{name}-", dir=base))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def open_place(name: str, *, plugins: Sequence[str] = ()) -> Iterator[Place]:
    """Start the broker, with more plugins than usual; stop it and remove everything at the end."""
    with (
        scratch(name) as directory,
        PrivateRabbit(directory / "rabbit", plugins=plugins) as rabbit,
    ):
        yield Place(directory, rabbit)

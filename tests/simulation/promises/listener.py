"""Listening to the calls that the hub makes to its partners, to have something done or to ask."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest import mock

from hub.ports import Answer, Destination, Receipt, Request
from hub.rules.failures.errors import DeliveryFailure
from tests.simulation.actors.actor import Actor
from tests.simulation.partners.protocol import Partner


class Watched:
    """A destination to which somebody listens."""

    def __init__(self, inner: Any, listener: "Listener") -> None:
        self._inner, self._listener = inner, listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, request: Request, **more: Any) -> Receipt:
        """As the destination."""
        answer: Receipt = self._listened("send", request, lambda: self._inner.send(request, **more))
        return answer

    def find(self, request: Request) -> Answer:
        """As the destination."""
        answer: Answer = self._listened("find", request, lambda: self._inner.find(request))
        return answer

    def _listened(self, kind: str, request: Request, call: Callable[[], Any]) -> Any:
        self._listener.begins(self._inner.name, kind)
        try:
            answer = call()
        except DeliveryFailure as failure:
            self._listener.answered(self._inner.name, kind, request, failure.code)
            raise
        self._listener.answered(self._inner.name, kind, request, "")
        return answer


class Listener(Actor):
    """Hears each call to some partners."""

    def __init__(self, partners: Sequence[Partner]) -> None:
        self._listened_to = partners

    def attached(self, destination: Destination) -> None:
        """A process got hold of a partner."""

    def begins(self, partner: str, kind: str) -> None:
        """A call of a kind, `send` or `find`, begins."""

    def answered(self, partner: str, kind: str, request: Request, code: str) -> None:
        """It was answered, with the code of a failure or ""."""

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Listen to what each process is attached to."""
        with ExitStack() as stack:
            for partner in self._listened_to:
                watched = partial(self._attach, partner.attach)
                stack.enter_context(mock.patch.object(partner, "attach", watched))
            yield

    def _attach(self, attach: Callable[[], Destination]) -> Watched:
        destination = attach()
        self.attached(destination)
        return Watched(destination, self)

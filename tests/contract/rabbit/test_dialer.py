"""What the owner of a connection is told when the broker does not let it in."""

import socket
import threading
from datetime import timedelta

import pytest

from hub.broker.rabbit.dialer import BrokerDialer, NotYet
from hub.broker.rabbit.link import Link
from hub.broker.rabbit.target import Target
from hub.ports import BrokerUnavailable

WITHIN = timedelta(seconds=20)


class Nothing:
    """A session with nothing to set up."""

    def begin(self, link: Link, channel: object) -> None:
        """Never reached: no broker answers in these tests."""


def dialer(listener: socket.socket) -> BrokerDialer[Nothing]:
    """Return a dialer to whatever listens there."""
    target = Target.parse(f"amqp://a:b@127.0.0.1:{listener.getsockname()[1]}/")
    return BrokerDialer(target, lambda _: Nothing(), purpose="test")


def test_a_dial_under_way_does_not_hide_why_the_one_before_was_refused() -> None:
    """The first connection is cut, the second gets no answer: the reason is that of the first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent: list[socket.socket] = []

        def cut_the_first() -> None:
            listener.accept()[0].close()
            silent.append(listener.accept()[0])
            dialling.woken.set()
            with dialling.changed:
                dialling.changed.notify_all()

        dialling = dialer(listener)
        server = threading.Thread(target=cut_the_first, daemon=True)
        server.start()
        with pytest.raises(BrokerUnavailable) as refused:
            dialling.up(WITHIN)
        assert not isinstance(refused.value, NotYet)
        assert "not connected yet" not in str(refused.value)
        server.join(10)
        silent[0].close()
        dialling.close()


def test_a_first_dial_that_gets_no_answer_in_time_is_not_a_refusal() -> None:
    """Nothing is wrong so far, so the caller may simply ask again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dialling = dialer(listener)
        with pytest.raises(NotYet):
            dialling.up(timedelta(seconds=0.1))
        listener.accept()[0].close()
        dialling.close()

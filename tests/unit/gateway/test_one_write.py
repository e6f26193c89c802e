"""The header of an answer waits for the first piece of its body, and for nothing else."""

import asyncio
from typing import Any

from hub.gateway.connections.one_write import OneWrite


class Line(asyncio.Transport):
    """A line that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Keep what is written."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Be closed."""
        self.closed = True

    def is_closing(self) -> bool:
        """Return whether it was closed."""
        return self.closed


def test_a_header_leaves_with_the_first_piece_and_the_rest_as_it_comes() -> None:
    """Promise: a short answer is one write, and a long one is not kept back."""
    line = Line()
    answer = OneWrite(line)
    answer.write(b"head ")
    assert line.written == []
    for piece in (b"first", b"second", b""):
        answer.write(piece)
    assert line.written == [b"head first", b"second", b""]


def test_an_empty_body_sends_the_header() -> None:
    """Promise: an answer without a body is sent."""
    line = Line()
    answer = OneWrite(line)
    answer.write(b"head")
    answer.write(b"")
    assert line.written == [b"head"]


def test_an_interim_answer_is_sent_at_once() -> None:
    """Promise: a sender that waits for 100 Continue does not wait for the answer to its body."""
    line = Line()
    answer = OneWrite(line)
    answer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert line.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    answer.write(b"head")
    answer.write(b"body")
    assert line.written[1:] == [b"headbody"]


def test_what_is_closed_was_written_before() -> None:
    """Promise: a header without a body leaves before the line is closed."""
    line = Line()
    answer = OneWrite(line)
    answer.write(b"head")
    answer.close()
    assert line.written == [b"head"]
    assert answer.is_closing()

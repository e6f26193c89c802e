"""Codes in the bytes of a serial reader, whatever its settings for the end of a code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.devices.barcode.framing import LONGEST, Framing

codes = st.text("0123456789.-H", min_size=1, max_size=40).map(str.encode)


ENDS = st.sampled_from([b"\r", b"\n", b"\r\n", b"\t", b"\x03"])


@given(st.lists(st.tuples(codes, ENDS)), st.data())
def test_codes_come_out_whole_however_the_line_cuts_them(
    sent: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    """Any ends, any pieces."""
    line = b"".join(code + end for code, end in sent)
    framing, got = Framing(), []
    while line:
        length = data.draw(st.integers(1, len(line)))
        got += framing.feed(line[:length])
        line = line[length:]
    assert got == [code for code, _ in sent]
    assert not framing.waits


def test_silence_ends_a_code_that_has_no_end_of_its_own() -> None:
    """The next code does not become a part of it."""
    framing = Framing()
    assert framing.feed(b"A-180806-0001") == []
    assert framing.quiet(10.0) == []
    assert framing.quiet(10.2) == []
    assert framing.quiet(10.3) == [b"A-180806-0001"]
    assert framing.feed(b"A-180806-0002\r") == [b"A-180806-0002"]


def test_a_code_that_goes_on_after_a_short_silence_is_one_code() -> None:
    """The silence is counted anew from the last byte."""
    framing = Framing()
    framing.feed(b"A-1808")
    framing.quiet(10.0)
    framing.feed(b"06-0")
    assert framing.quiet(10.4) == []
    assert framing.feed(b"001\r") == [b"A-180806-0001"]


@pytest.mark.parametrize("prefix", [b"]C1", b"]Q1", b"]e0", b"]A0", b"\x02]C0"])
def test_the_symbology_in_front_is_no_part_of_the_code(prefix: bytes) -> None:
    """Readers send it when it is switched on."""
    assert Framing().feed(prefix + b"A-180806-0001\r\n") == [b"A-180806-0001"]


def test_noise_comes_out_once_and_does_not_grow() -> None:
    """Longer than a code may be: one refusal, and the next code is read."""
    framing, got = Framing(), []
    for _ in range(100):
        got += framing.feed(b"x" * 100)
    got += framing.feed(b"\rA-180806-0001\r")
    assert [len(code) for code in got] == [LONGEST + 1, len(b"A-180806-0001")]

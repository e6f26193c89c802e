"""What the gateway benchmark computes itself: delays from the due time, and the PDF it sends."""

from pathlib import Path

import pytest

from hub.file_checks import pdf
from tests.benchmarks.gateway import programs
from tests.benchmarks.gateway.fixed_rate import FixedRate
from tests.benchmarks.gateway.large_file import content
from tests.benchmarks.running import Stuck

START = 1_000.0


def ended_load(folder: Path, lines: list[tuple[float, int, float]]) -> FixedRate:
    """Return a load of one client with this log, one request due each second."""
    text = "".join(f"{int(a * 1e6)}\t{b}\t{int(c * 1e6)}\n" for a, b, c in lines)
    (folder / "0.log").write_text(text, encoding="ascii")
    return FixedRate(folder, per_second=1, each=5, clients=1, ended=START + 10)


def test_a_request_sent_late_counts_from_when_it_was_due(tmp_path: Path) -> None:
    """One slow answer delays those behind it on the connection; all of them show it."""
    load = ended_load(
        tmp_path, [(START, 202, 2.5), (START + 2.5, 202, 0.25), (START + 2.75, 202, 0.25)]
    )
    assert load.delays(START, START + 2) == pytest.approx([2_500, 1_750, 1_000])


def test_a_request_sent_early_counts_from_when_it_was_sent(tmp_path: Path) -> None:
    """h2load's timer may be early by a part of a period; that makes no answer faster."""
    load = ended_load(tmp_path, [(START, 202, 0.1), (START + 0.5, 202, 0.25)])
    assert load.delays(START, START + 1) == pytest.approx([100, 250])


def test_a_request_that_was_never_answered_counts_up_to_the_end(tmp_path: Path) -> None:
    """A gateway that stops answering does not look fast."""
    load = ended_load(tmp_path, [(START, 202, 0.1)])
    assert load.delays(START + 1, START + 2) == pytest.approx([9_000, 8_000])


def test_what_a_client_was_never_to_send_does_not_count(tmp_path: Path) -> None:
    """A load that has ended before the end of a transfer is no gateway that stopped answering."""
    load = ended_load(tmp_path, [(START + nth, 202, 0.1) for nth in range(5)])
    assert load.delays(START, START + 9) == pytest.approx([100] * 5)


def test_a_half_written_line_of_a_killed_client_counts_as_no_answer(tmp_path: Path) -> None:
    """The log may end anywhere."""
    load = ended_load(tmp_path, [(START, 202, 0.1)])
    with (tmp_path / "0.log").open("a") as log:
        log.write("100")
    assert load.answers == 1


def test_a_refusal_fails_the_trial(tmp_path: Path) -> None:
    """Refusals are quick; they must not count as speed."""
    (tmp_path / "0.out").touch()
    load = ended_load(tmp_path, [(START, 202, 0.1), (START + 1, 429, 0.001)])
    with pytest.raises(Stuck, match="1 of 2 answers were refusals, the first 429"):
        load.delays(START, START + 1)


@pytest.mark.parametrize("size", [2_000, 1_000_000])
def test_the_sent_file_is_a_pdf_of_the_wanted_size(tmp_path: Path, size: int) -> None:
    """The hub's own check takes it, whatever its size."""
    place = tmp_path / "large.pdf"
    place.write_bytes(b"".join(content(size)))
    assert place.stat().st_size == size
    assert pdf.check(place, clean_to=None) is False


def test_missing_load_generators_are_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sentence names both programs and Debian's packages."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(programs.MissingProgram, match=r"wrk and h2load.* wrk nghttp2-client"):
        programs.check()

"""Result files that take long: the callback is answered, and a later telling finds them here."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.settings import PullLimits
from tests.integration.gateway.test_gateway import EXAMPLE, running
from tests.support.partners.slow_town import SHA256, SlowTown, slow_town
from tests.support.partners.town import CALLBACK_SECRET, MemorySink, settings_for
from tests.support.partners.town_talk import report

AT_ONCE = timedelta(milliseconds=20)
Told = tuple[int, dict[str, Any]]


@pytest.fixture
def town() -> Iterator[SlowTown]:
    """A town whose files are slow."""
    with slow_town() as made:
        yield made


@pytest.fixture
def sink() -> MemorySink:
    """What has come in."""
    return MemorySink()


@contextmanager
def listening(town: SlowTown, **limits: Any) -> Iterator[TownCallbacks]:
    """Take callbacks of a town for the length of the block."""
    pulling = PullLimits(**({"answer_within": AT_ONCE} | limits))
    settings = settings_for(
        town.url, "http://127.0.0.1:9", pulling=pulling, reply_timeout=timedelta(seconds=5)
    )
    with closing(TownCallbacks(settings)) as callbacks:
        yield callbacks


def ended(town: SlowTown, n: int = 1, **changes: Any) -> bytes:
    """Return the report that dossier `n` has its result."""
    number = f"000.99.11.H57-180724-{n:04d}"
    files = [town.result(f"file-{n}", **changes)]
    return report(number, buoc="ket-thuc", DanhSachGiayToKetQua=files)


def tell(callbacks: TownCallbacks, body: bytes, sink: MemorySink) -> Told:
    """Hand a signed callback in."""
    headers = sign(body, CALLBACK_SECRET, at=datetime.now(UTC))
    answer = callbacks.receive(body, headers, sink)
    return answer.status, answer.reply


def tell_until(callbacks: TownCallbacks, body: bytes, sink: MemorySink, status: int) -> Told:
    """Repeat a callback, as the town does, until it is answered so."""
    for _ in range(2000):
        found, reply = tell(callbacks, body, sink)
        if found == status:
            return found, reply
        with sink.changed:
            sink.changed.wait(0.01)
    raise AssertionError(f"never {status}")


def test_a_slow_file_is_pulled_once_however_often_it_is_told(
    town: SlowTown, sink: MemorySink
) -> None:
    """503 and Result 0 while it comes, in plain words; then the step is stored and acknowledged."""
    with listening(town) as callbacks:
        body = ended(town)
        for _ in range(3):
            status, reply = tell(callbacks, body, sink)
            assert (status, reply["Result"]) == (503, 0)
            assert reply["Message"] == "Đang tải tệp kết quả, đề nghị gửi lại thông báo này."
        assert sink.messages == {}
        town.go_on.set()
        assert tell_until(callbacks, body, sink, 200)[1]["Result"] == 1
        assert tell(callbacks, body, sink)[1]["Result"] == 1
    assert (len(town.pulled), len(sink.messages)) == (1, 1)


def test_a_quick_file_is_acknowledged_with_its_first_telling(
    town: SlowTown, sink: MemorySink
) -> None:
    """As ever: nobody has to repeat where nothing is slow."""
    town.go_on.set()
    with listening(town, answer_within=timedelta(seconds=20)) as callbacks:
        assert tell(callbacks, ended(town), sink)[0] == 200


def test_what_was_found_wrong_after_the_answer_is_told_the_next_time(
    town: SlowTown, sink: MemorySink
) -> None:
    """422 for another content than announced; what is told again after that is pulled again."""
    with listening(town) as callbacks:
        body = ended(town, sha256="0" * 64)
        assert tell(callbacks, body, sink)[0] == 503
        town.go_on.set()
        assert tell_until(callbacks, body, sink, 422)[1]["Result"] == 0
        assert len(town.pulled) == 1
        assert tell_until(callbacks, body, sink, 422)[1]["Result"] == 0
    assert len(town.pulled) == 2
    assert sink.messages == {}


def test_a_report_that_finds_no_free_slot_is_told_so_at_once(
    town: SlowTown, sink: MemorySink
) -> None:
    """It waits for nobody, and what needs no file does not either."""
    with listening(town, at_once=1) as callbacks:
        assert tell(callbacks, ended(town, 1), sink)[0] == 503
        assert town.begun.acquire(timeout=20)
        status, reply = tell(callbacks, ended(town, 2), sink)
        assert (status, "1 other" in reply["Cause"]) == (503, True)
        assert tell(callbacks, report("000.99.12.H57-180724-0001"), sink)[0] == 200
        town.go_on.set()
        assert tell_until(callbacks, ended(town, 1), sink, 200)
        assert tell_until(callbacks, ended(town, 2), sink, 200)
    assert len(town.pulled) == 1  # the second report names the same content


def test_a_file_that_never_ends_gives_its_slot_back(town: SlowTown, sink: MemorySink) -> None:
    """The time limit is that of the whole report, however many bytes trickle in."""
    town.drips = True
    with listening(town, at_once=1, whole_report=timedelta(milliseconds=100)) as callbacks:
        body = ended(town)
        assert tell(callbacks, body, sink)[0] == 503
        while len(town.pulled) < 2:  # the second pull needs the slot of the first
            assert tell(callbacks, body, sink)[0] == 503
    assert sink.files == {}


def test_a_stop_ends_what_is_being_pulled(town: SlowTown, sink: MemorySink) -> None:
    """The next start pulls it again when it is told again."""
    town.drips = True
    with listening(town) as callbacks:
        assert tell(callbacks, ended(town), sink)[0] == 503
        assert town.begun.acquire(timeout=20)
    town.go_on.set()
    with listening(town) as callbacks:
        assert tell_until(callbacks, ended(town), sink, 200)
    assert len(town.pulled) == 2


def test_what_a_killed_process_had_pulled_whole_is_not_pulled_again(
    town: SlowTown, sink: MemorySink
) -> None:
    """It lies in the file store under its hash."""
    town.go_on.set()
    with listening(town, answer_within=timedelta(seconds=20)) as callbacks:
        assert tell(callbacks, ended(town), sink)[0] == 200
    with listening(town) as callbacks:
        assert tell(callbacks, ended(town, 2), sink)[0] == 200
    assert (len(town.pulled), list(sink.files)) == (1, [SHA256])


def test_slow_files_stop_neither_intake_nor_health_nor_other_callbacks(
    town: SlowTown, tmp_path: Path
) -> None:
    """More reports than the web server has threads, all with slow files: others are answered."""
    many = 60

    def send(body: bytes) -> int:
        headers = sign(body, CALLBACK_SECRET, at=datetime.now(UTC))
        named = {name.replace("-", "_"): value for name, value in headers.items()}
        return gateway.call("POST", "/town/callbacks", body, **named)[0]

    wait = timedelta(seconds=30)
    with (
        listening(town, answer_within=wait) as callbacks,
        running(tmp_path, callbacks) as gateway,
        ThreadPoolExecutor(many) as senders,
    ):
        slow = [senders.submit(send, ended(town, n)) for n in range(1, many + 1)]
        for _ in range(callbacks.settings.pulling.at_once):
            assert town.begun.acquire(timeout=20)
        assert gateway.call("GET", "/health")[0] == 200
        assert gateway.call("POST", "/messages", EXAMPLE.read_bytes(), token="in-token")[0] == 202
        assert send(report("000.99.12.H57-180724-0002")) == 200
        town.go_on.set()
        answers = [one.result(60) for one in slow]
    assert set(answers) <= {200, 503}
    assert answers.count(200) >= callbacks.settings.pulling.at_once

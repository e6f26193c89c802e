"""Result files of the town: pulled beside the callback that names them, a few reports at once.

The town's contract lets a step be acknowledged only when its result files are stored, so they
cannot be pulled after the answer; but a callback is not kept waiting for them either. It begins the
pull and waits for a moment; after that the answer is "tell it again", and the pull goes on. The
telling that finds every file stored is acknowledged. What makes that durable is the town, which
repeats a step until then: a pull that a killed process did not finish begins anew with the next
telling, and a file that was finished is not pulled again.

Nobody waits for a slot: a report that finds none is told so at once. A pull has a time limit, so no
slot is lost for good.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import BinaryIO, cast

import structlog

from adapters.town_center import contract, mapping
from adapters.town_center.session import TownSession
from adapters.town_center.settings import PullLimits
from adapters.wire.download import Download
from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.ports import Sink

REMEMBERED = 200
"""Refusals that are kept for the next telling; one that is forgotten costs another pull."""
log = structlog.get_logger()


class StillPulling(Exception):
    """The files are not here yet; the same report, told again, will find them."""


@dataclass(slots=True)
class _Pull:
    """The pull of one report's files."""

    ends: float
    """Time of `time.monotonic` after which nothing more is read."""
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    alone: bool = False
    """Whether its callback has been answered before it was done."""
    stream: Download | None = None


class ResultFiles:
    """Pulls result files of one town; threads share it."""

    def __init__(self, session: TownSession, limits: PullLimits) -> None:
        self._session = session
        self._limits = limits
        self._lock = threading.Lock()
        self._under_way: dict[str, _Pull] = {}
        """By the id of the step's message."""
        self._refused: dict[str, InvalidMessage] = {}
        """What was found out after the callback had been answered, for the next telling."""
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="town.results")

    def collect(
        self, step: str, files: Sequence[contract.ResultFile], targets: Sequence[str], sink: Sink
    ) -> list[Attachment]:
        """Return the claim checks of a step's files when all are stored.

        Raises StillPulling, InvalidMessage (a file is not what was announced), DeliveryFailure (it
        cannot be had now), or what storing it failed with.
        """
        for file in files:
            if file.size > self._limits.largest:
                why = f"{file.size} bytes, the limit is {self._limits.largest}"
                raise InvalidMessage("file_too_large", where="DanhSachGiayToKetQua", why=why)
        missing = [
            (file, target)
            for file, target in zip(files, targets, strict=True)
            if not self._is_stored(file, sink)
        ]
        if missing:
            self._wait_for(self._begin(step, missing, sink))
        return [mapping.attachment(file) for file in files]

    def close(self) -> None:
        """End every pull; waits at most for the head of a reply."""
        with self._lock:
            for pull in self._under_way.values():
                pull.ends = 0.0
                if pull.stream is not None:
                    pull.stream.cut()
        self._threads.shutdown(cancel_futures=True)

    def _is_stored(self, file: contract.ResultFile, sink: Sink) -> bool:
        size = sink.file_size(file.sha256)
        if size is not None and size != file.size:
            why = f"{size} bytes, announced were {file.size}"
            raise InvalidMessage("file_hash_wrong", where="DanhSachGiayToKetQua", why=why)
        return size is not None

    def _begin(
        self, step: str, missing: Sequence[tuple[contract.ResultFile, str]], sink: Sink
    ) -> _Pull:
        with self._lock:
            if step in self._under_way:
                raise StillPulling("its files are being pulled")
            if refusal := self._refused.pop(step, None):
                raise refusal
            if len(self._under_way) >= self._limits.at_once:
                raise StillPulling(
                    f"files of {self._limits.at_once} other reports are being pulled"
                )
            pull = _Pull(time.monotonic() + self._limits.whole_report.total_seconds())
            self._threads.submit(self._run, step, pull, missing, sink)
            self._under_way[step] = pull
        return pull

    def _wait_for(self, pull: _Pull) -> None:
        if not pull.done.wait(self._limits.answer_within.total_seconds()):
            with self._lock:
                pull.alone = not pull.done.is_set()
            if pull.alone:
                raise StillPulling("its files are being pulled")
        if pull.error is not None:
            raise pull.error

    def _run(
        self,
        step: str,
        pull: _Pull,
        missing: Sequence[tuple[contract.ResultFile, str]],
        sink: Sink,
    ) -> None:
        try:
            for file, target in missing:
                self._pull(file, target, sink, pull)
        except Exception as error:
            pull.error = error
        finally:
            with self._lock:
                self._under_way.pop(step, None)
                if pull.alone and pull.error is not None:
                    self._keep(step, pull.error)
                pull.done.set()

    def _keep(self, step: str, error: Exception) -> None:
        """Note a failure of which the town has not heard; the lock is held."""
        code = getattr(error, "code", type(error).__name__)
        log.warning("request_refused", code=code, path="/town/callbacks", where="result file")
        if isinstance(error, InvalidMessage):
            while len(self._refused) >= REMEMBERED:
                self._refused.pop(next(iter(self._refused)))
            self._refused[step] = error

    def _pull(self, file: contract.ResultFile, target: str, sink: Sink, pull: _Pull) -> None:
        # One byte more than announced is enough to prove a lie; the rest is not read.
        left = timedelta(seconds=pull.ends - time.monotonic())
        with closing(self._session.download(target, limit=file.size + 1, within=left)) as stream:
            with self._lock:
                pull.stream = stream
                if not pull.ends:
                    stream.cut()
            claim = mapping.attachment(file)
            stored = sink.store_file(
                cast(BinaryIO, stream),
                name=claim.name,
                media_type=claim.media_type,
                component=claim.component,
                sha256=claim.sha256,
                keep=True,
            )
        if stored.size != file.size:
            why = f"{stored.size} bytes, announced were {file.size}"
            raise InvalidMessage("file_hash_wrong", where="DanhSachGiayToKetQua", why=why)

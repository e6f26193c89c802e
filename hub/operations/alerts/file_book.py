"""Incidents of what no store can keep: that the database is away.

A small file takes the store's place: incidents and messages stand in it before anything is sent,
it is replaced as a whole, and one process at a time works on it. The rules are the same. Where the
file cannot be used, this process goes on from its memory and tells all the same.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from hub.operations.alerts.evaluating import kept_message
from hub.operations.alerts.sending import attempt, next_attempt
from hub.ports import Clock
from hub.ports.alerts import AlertChannel
from hub.rules.alerts.incidents import Incident, evaluate
from hub.rules.alerts.notifying import Circumstances, notify
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.signals import SIGNALS, Observed
from hub.store.alerts.messages import KeptMessage
from hub.store.engine.file_rights import make_directory, write_whole

NAME = "incidents.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What the file holds."""

    next_number: int = 1
    incidents: list[Incident] = field(default_factory=list)
    waiting: list[KeptMessage] = field(default_factory=list)
    last: dict[str, datetime] = field(default_factory=dict)


def incidents_in(folder: Path) -> list[Incident]:
    """Return the open incidents of a file as it was last written; changes and locks nothing.

    None where there is no file or none that can be read: the one that writes it reports that.
    """
    try:
        content = msgspec.json.decode((folder / NAME).read_bytes(), type=_Content)
    except (OSError, msgspec.MsgspecError):
        return []
    return [it for it in content.incidents if it.is_open]


@dataclass(slots=True, kw_only=True)
class FileBook:
    """Evaluates and sends what stands in a file of `folder`."""

    folder: Path
    plan: AlertPlan
    channels: Mapping[str, AlertChannel]
    clock: Clock
    is_day_off: Callable[[datetime], bool]
    """Whether the ward's office is closed, for quiet hours: as where incidents are in the store."""
    _unwritten: _Content | None = field(default=None, init=False)
    """What should stand in the file and could not be written."""

    def check(self, observed: Observed) -> list[Incident]:
        """Evaluate what was observed, send what is due; return the open incidents.

        Raises OSError where the folder cannot be used: after what is due was sent.
        """
        troubles: list[OSError] = []
        with ExitStack() as held:
            try:
                held.enter_context(self._locked())
            except OSError as error:
                troubles.append(error)
            before = self._begin(troubles)
            content = self._evaluated(before, observed, self.clock())
            if content != before or self._unwritten is not None:
                self._keep(content, troubles)
            for it in list(content.waiting):
                if it.next_attempt_at is not None and it.next_attempt_at <= self.clock():
                    content = self._sent(content, it)
                    self._keep(content, troubles)
        if troubles:
            raise troubles[0]
        return [it for it in content.incidents if it.is_open]

    def _begin(self, troubles: list[OSError]) -> _Content:
        """Return what this round goes on from."""
        if self._unwritten is not None:
            return self._unwritten
        try:
            return self._read()
        except OSError as error:
            troubles.append(error)
            return _Content()

    def _keep(self, content: _Content, troubles: list[OSError]) -> None:
        """Write the file; remember what could not be written."""
        self._unwritten = content
        try:
            self._write(content)
        except OSError as error:
            troubles.append(error)
        else:
            self._unwritten = None

    def _evaluated(self, content: _Content, observed: Observed, now: datetime) -> _Content:
        rules = [rule for rule in self.plan.rules if SIGNALS[rule.signal].is_outside]
        open_ = [it for it in content.incidents if it.ended_at is None]
        over = [it for it in content.incidents if it.ended_at is not None]
        kept, number = [], content.next_number
        for it in evaluate(rules, observed, open_, now=now).kept:
            kept.append(it if it.number else replace(it, number=number))
            number += it.number is None
        quiet = self.plan.quiet.holds(now, day_off=self.is_day_off(now))
        when = Circumstances(now=now, quiet=quiet, last=content.last)
        due = notify(self.plan, [*over, *kept], when)
        made = [kept_message(self.plan, it, now=now) for it in due.messages]
        return _Content(
            next_number=number,
            incidents=[it for it in due.incidents if not it.end_notified],
            waiting=[*content.waiting, *made],
            last=content.last | {it.channel: now for it in made},
        )

    def _sent(self, content: _Content, it: KeptMessage) -> _Content:
        failure = attempt(self.channels, it, self.clock)
        others = [one for one in content.waiting if one.key != it.key]
        at = next_attempt(it, failure, self.clock()) if failure else None
        if failure is None or at is None:
            return replace(content, waiting=others)
        again = replace(it, attempts=it.attempts + 1, code=failure.code, next_attempt_at=at)
        return replace(content, waiting=[*others, again])

    def _read(self) -> _Content:
        """Return what the file holds; a file that is damaged counts as empty."""
        try:
            return msgspec.json.decode((self.folder / NAME).read_bytes(), type=_Content)
        except (FileNotFoundError, msgspec.MsgspecError):
            return _Content()

    def _write(self, content: _Content) -> None:
        write_whole(self.folder / NAME, msgspec.json.encode(content))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_directory(self.folder)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

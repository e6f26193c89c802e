"""What the simulated town remembers of its dossiers: built from the ledger's effects alone.

A restarted simulator applies the same effects and knows the same. What it has told the hub and
was not yet acknowledged is not remembered; it is told again. No I/O here.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from adapters.simulation.ledger import Effect
from adapters.town_center import contract
from adapters.town_center.contract import DossierState, FileState

TRANSFER = "TiepNhanHoSo"
SUPPLEMENT = "CapNhatTrangThaiBoSungHoSo"
RETURN = "CapNhatKetQuaTraHoSo"
AGENCY = "000.99.00.H57"
"""Agency of the town's own numbers: made up."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Content of an effect that a call of the hub had."""

    message_id: str
    at: datetime
    address: str
    """Address under which the hub called us, so it can also pull from there."""
    body: msgspec.Raw


@dataclass(slots=True)
class Dossier:
    """One dossier in the simulator's memory."""

    transfer: contract.Transfer
    address: str
    own_number: str
    transfers: list[contract.Recorded] = field(default_factory=list)
    supplements: list[contract.Recorded] = field(default_factory=list)
    returns: list[contract.Recorded] = field(default_factory=list)
    supplied: contract.Supplement | None = None
    """The supplement that counts: the first."""
    files: dict[str, contract.File] = field(default_factory=dict)
    file_states: dict[str, FileState] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    """Sequence numbers of the steps that the hub has acknowledged."""
    state: DossierState = DossierState.NEW
    last_step: int = 0
    """Sequence number of the step that `state` is."""
    awaits_supplement: bool = False
    """The hub may know that a supplement is wanted."""
    ended: bool = False
    """The hub may know that the dossier has ended."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def number(self) -> str:
        return self.transfer.number

    def add_files(self, papers: Iterable[tuple[contract.File, ...]]) -> None:
        """Remember files that are to be pulled."""
        for files in papers:
            for file in files:
                self.files.setdefault(file.sha256, file)
                self.file_states.setdefault(file.sha256, FileState.PENDING)

    def reached(self, number: int, state: DossierState) -> None:
        """Remember that step `number` was told; steps may be told out of order."""
        if number >= self.last_step:
            self.last_step, self.state = number, state

    def pending(self) -> list[contract.File]:
        """Return the files that are still to be pulled."""
        return [f for s, f in self.files.items() if self.file_states[s] is FileState.PENDING]

    def shown(self, until: datetime) -> contract.HeldDossier | None:
        """Return the dossier as the contract shows it, with the calls up to `until`."""
        transfers, supplements, returns = (
            tuple(call for call in calls if call.at <= until)
            for calls in (self.transfers, self.supplements, self.returns)
        )
        if not transfers:
            return None
        return contract.HeldDossier(
            number=self.number,
            own_number=self.own_number,
            state=self.state,
            process=self.transfer.process.code,
            received_at=self.transfer.received_at,
            due_at=self.transfer.due_at,
            transfers=transfers,
            supplements=supplements,
            returns=returns,
            files=tuple(
                contract.HeldFile(
                    name=file.name, sha256=sha256, size=file.size, state=self.file_states[sha256]
                )
                for sha256, file in self.files.items()
            ),
        )


class Dossiers:
    """All dossiers by number."""

    def __init__(self) -> None:
        self.by_number: dict[str, Dossier] = {}

    def apply(self, effect: Effect) -> None:
        """Remember the effect of a call, new or from the ledger of an earlier run."""
        call = msgspec.json.decode(effect.content, type=CallRecord)
        if effect.operation == TRANSFER:
            transfer = msgspec.json.decode(call.body, type=contract.Transfer)
            dossier = Dossier(transfer, call.address, own_number(transfer, self._next_own()))
            dossier.transfers.append(_recorded(call, transfer.version))
            dossier.add_files(paper.files for paper in transfer.papers)
            dossier.add_files([transfer.other_files])
            self.by_number[transfer.number] = dossier
            return
        dossier = self.by_number[effect.dossier]
        if effect.operation == SUPPLEMENT:
            supplement = msgspec.json.decode(call.body, type=contract.Supplement)
            dossier.supplements.append(_recorded(call, supplement.version))
            if dossier.supplied is None:
                dossier.supplied = supplement
                dossier.add_files(paper.files for paper in supplement.papers)
                dossier.changed.set()
        else:
            returned = msgspec.json.decode(call.body, type=contract.ResultReturned)
            dossier.returns.append(_recorded(call, returned.version))

    def remember(self, note: Effect) -> None:
        """Remember a note: a file that was pulled, a step that was acknowledged."""
        dossier = self.by_number.get(note.dossier)
        if dossier is None:
            return
        if note.kind == "file":
            sha256 = note.key.removeprefix("file:")
            dossier.file_states[sha256] = FileState(note.content.decode())
        elif note.kind == "step":
            number = int(note.key.removeprefix("step:"))
            dossier.acknowledged.add(number)
            dossier.reached(number, DossierState(note.content.decode()))

    def _next_own(self) -> int:
        return len(self.by_number) + 1


def own_number(transfer: contract.Transfer, count: int) -> str:
    """Return the number under which the town keeps a dossier, its `count`-th."""
    return f"{AGENCY}-{transfer.transferred_at:%y%m%d}-{count:05d}"


def _recorded(call: CallRecord, version: int) -> contract.Recorded:
    return contract.Recorded(message_id=call.message_id, version=version, at=call.at)

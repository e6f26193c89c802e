"""What the simulated province knows and does, whatever way it is spoken to.

It keeps dossiers with their steps, refuses a second registration of a number ("đã tồn tại"), and
does *not* recognise a repeated step: what is sent twice is there twice, so that the ledger shows
it. Its memory is rebuilt from the ledger.
"""

import hashlib
import math
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Operation
from adapters.simulation.ledger import Effect, Ledger
from adapters.simulation.partner import LookUp

KNOWN_PROCEDURE = re.compile(r"[1-8]\.[0-9]{6}")
"""Codes 9.* are well-formed and unknown, for trying a refusal."""


@dataclass(slots=True)
class Kept:
    """A dossier as the province has it."""

    fields: Fields
    revision: int = 1
    steps: list[Fields] = field(default_factory=list)
    records: list[tuple[float, Fields]] = field(default_factory=list)
    """Every record with the moment from which it holds, by the monotonic clock."""
    moments: list[float] = field(default_factory=list)
    """Of the steps, in their order."""

    def as_seen(self, seen: LookUp, *, now: float) -> "Kept | None":
        """Return the dossier as a look-up shows it, None where it is not there yet."""
        if seen == LookUp():
            return self
        until = now - seen.behind
        records = [fields for since, fields in self.records if since <= until]
        if not records:
            return None
        steps = [
            step for since, step in zip(self.moments, self.steps, strict=True) if since <= until
        ]
        return Kept(records[-1], steps=steps[-seen.steps :] if seen.steps else steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeReply:
    """What the province answers, before it is put into SOAP or JSON."""

    code: int = 0
    message: str = "Thành công"
    session: str = ""
    found: Kept | None = None
    procedure: tuple[str, str] | None = None
    """Code and name."""
    done: Sequence[tuple[str, str]] = ()
    """Dossier number and the province's own id."""


WRONG_LOGIN = OfficeReply(code=-6, message="Tên đăng nhập hoặc mật khẩu không đúng")
SESSION_OVER = OfficeReply(code=-1, message="Phiên làm việc không tồn tại hoặc đã hết hạn")
NOT_THERE = OfficeReply(code=-2, message="Hồ sơ không tồn tại")
REFUSED = OfficeReply(code=-4, message="Dữ liệu hồ sơ không hợp lệ")
UNDOCUMENTED = OfficeReply(code=-42, message="Hồ sơ chờ phê duyệt")
UNKNOWN_PROCEDURE = OfficeReply(code=-5, message="Mã thủ tục không có trong danh mục")
ALREADY = OfficeReply(code=-3, message="Hồ sơ đã tồn tại trên hệ thống")


class Office:
    """The province's memory; lives in the simulator's event loop."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        username: str,
        password: str,
        session_life: timedelta,
        procedures: Mapping[str, str] | None = None,
    ) -> None:
        self.ledger = ledger
        self._credentials = (username, password)
        self._session_life = session_life.total_seconds()
        self._sessions: dict[str, float] = {}
        self._procedures = procedures
        self._kept: dict[str, Kept] = {}
        for effect in ledger.effects():
            # A replica that is behind is not behind on what was there before the restart.
            self._remember(effect.operation, msgspec.json.decode(effect.content), now=-math.inf)

    def log_in(self, username: str, password: str) -> OfficeReply:
        """Give a new session for the right credentials."""
        if (username, password) != self._credentials:
            return WRONG_LOGIN
        session = secrets.token_hex(16)
        self._sessions[session] = time.monotonic() + self._session_life
        return OfficeReply(session=session)

    def knows(self, session: str) -> bool:
        """Tell whether the session is valid now."""
        return self._sessions.get(session, 0.0) > time.monotonic()

    def forget_sessions(self) -> None:
        """End every session."""
        self._sessions.clear()

    def look_up(self, number: str, seen: LookUp | None = None) -> OfficeReply:
        """Find a dossier with its steps, as far as they are seen."""
        kept = self._kept.get(number)
        found = kept.as_seen(seen or LookUp(), now=time.monotonic()) if kept else None
        return OfficeReply(found=found) if found else NOT_THERE

    def procedure(self, code: str) -> OfficeReply:
        """Find a procedure: in the list that was given, else every well-formed one."""
        if self._procedures is not None:
            name = self._procedures.get(code, "")
        else:
            name = f"Thủ tục {code}" if KNOWN_PROCEDURE.fullmatch(code) else ""
        return OfficeReply(procedure=(code, name)) if name else UNKNOWN_PROCEDURE

    async def register(self, dossiers: list[Fields], *, updating: bool) -> OfficeReply:
        """Register dossiers or replace their records: all of a call or none."""
        for fields in dossiers:
            if not KNOWN_PROCEDURE.fullmatch(fields["MaTTHC"]):
                return UNKNOWN_PROCEDURE
            if updating and fields["MaHoSo"] not in self._kept:
                return NOT_THERE
            if not updating and fields["MaHoSo"] in self._kept:
                await self.ledger.record([])  # its registration is durable before we speak of it
                return ALREADY
        effects, done = [], []
        for fields in dossiers:
            kept = self._remember(Operation.REGISTER, fields, now=time.monotonic())
            number = fields["MaHoSo"]
            effects.append(
                Effect(
                    kind="update" if updating else "dossier",
                    operation=Operation.REGISTER,
                    dossier=number,
                    key=f"revision {kept.revision}",
                    content=msgspec.json.encode(fields),
                )
            )
            done.append((number, f"TTH-{number}"))
        await self.ledger.record(effects)
        return OfficeReply(done=done)

    async def add_steps(self, steps: list[Fields]) -> OfficeReply:
        """Add steps to dossiers: all of a call or none."""
        if any(step["MaHoSo"] not in self._kept for step in steps):
            return NOT_THERE
        effects, done = [], []
        for step in steps:
            kept = self._remember(Operation.ADD_STEPS, step, now=time.monotonic())
            number, at = step["MaHoSo"], step["ThoiDiemXuLy"]
            effects.append(
                Effect(
                    kind="event",
                    operation=Operation.ADD_STEPS,
                    dossier=number,
                    key=_key_of(step),
                    moment=at,
                    content=msgspec.json.encode(step),
                )
            )
            done.append((number, f"TTH-{number}-{len(kept.steps)}"))
        await self.ledger.record(effects)
        return OfficeReply(done=done)

    def _remember(self, operation: str, fields: dict[str, Any], *, now: float) -> Kept:
        """Take a record into the memory. A record that changes nothing is no new revision."""
        number = fields["MaHoSo"]
        kept = self._kept.get(number)
        if kept is None:
            kept = self._kept[number] = Kept(fields, records=[(now, fields)])
        elif operation == Operation.ADD_STEPS:
            kept.steps.append(fields)
            kept.moments.append(now)
        elif kept.fields != fields:
            kept.fields = fields
            kept.records.append((now, fields))
            kept.revision += 1
        return kept


def _key_of(step: Fields) -> str:
    """Return what makes two steps the same one: two of one minute may say different things."""
    names = ("NguoiXuLy", "PhongBanXuLy", "NoiDungXuLy")
    line = "|".join(str(step.get(name, "")) for name in names)
    digest = hashlib.sha256(line.encode()).hexdigest()[:12]
    return f"{step['TrangThai']}|{step['ThoiDiemXuLy']}|{digest}"

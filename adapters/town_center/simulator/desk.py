"""The simulated town's service: tokens, hand-overs, supplements, returns, search, result files.

It answers once the ledger has the effect; files are pulled and steps told afterwards (courier).
It does not honour `Idempotency-Key`: a repeated supplement or return is recorded again, and the
ledger shows it as a duplicate. A repeated hand-over has no second effect ("đã tồn tại") and is
noted as an attempt. What comes at the wrong time is refused and noted as misplaced.
"""

import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec

from adapters.simulation import served_contract
from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Effect, Ledger
from adapters.simulation.partner import Answer, Call, Partner
from adapters.town_center import contract
from adapters.town_center.contract import ReplyCode
from adapters.town_center.served_contract import SHIPPED
from adapters.town_center.simulator.courier import Courier, Story
from adapters.town_center.simulator.dossiers import (
    RETURN,
    SUPPLEMENT,
    TRANSFER,
    CallRecord,
    Dossier,
    Dossiers,
)

BodyT = TypeVar("BodyT", contract.Transfer, contract.Supplement, contract.ResultReturned)

_OPEN = {"token", served_contract.OPERATION}
"""What needs no token."""
_STATUS: dict[str, int] = {
    ReplyCode.INVALID: 400,
    ReplyCode.UNAUTHORIZED: 401,
    ReplyCode.NOT_FOUND: 404,
    ReplyCode.WRONG_STATE: 409,
    ReplyCode.SYSTEM_ERROR: 500,
}


class Refused(Exception):
    """The call is answered with this code and nothing is done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TownDesk(Partner):
    """A town administrative centre that is well."""

    name = "town"

    def __init__(
        self,
        ledger: Ledger,
        faults: Faults,
        *,
        story: Story,
        client_id: str,
        client_secret: str,
        token_seconds: int = 3600,
    ) -> None:
        super().__init__(ledger, faults)
        self.client = {"client_id": [client_id], "client_secret": [client_secret]}
        self.token_seconds = token_seconds
        self.dossiers = Dossiers()
        for effect in ledger.effects():
            self.dossiers.apply(effect)
        for note in ledger.notes():
            self.dossiers.remember(note)
        self.courier = Courier(story, self.dossiers, ledger, faults)
        self._tokens: dict[str, float] = {}

    async def start(self) -> None:
        self.courier.resume()

    def busy(self) -> int:
        """Return how many dossiers the town is at work on."""
        return self.courier.busy()

    async def stop(self) -> None:
        await self.courier.stop()

    def expire_sessions(self) -> None:
        self._tokens.clear()

    def operation(self, call: Call) -> str:
        return self._route(call)[0]

    def refusal(self, call: Call) -> Answer:  # noqa: ARG002
        return _refused(Refused(ReplyCode.INVALID, "Hồ sơ không hợp lệ."))

    def unknown_code(self, call: Call) -> Answer:  # noqa: ARG002
        return _refused(Refused("42", "Hồ sơ chờ phê duyệt."))

    def server_fault(self, call: Call) -> Answer:  # noqa: ARG002
        return _refused(Refused(ReplyCode.SYSTEM_ERROR, "Lỗi hệ thống."))

    async def answer(self, call: Call) -> Answer:
        operation, number, work = self._route(call)
        try:
            if operation not in _OPEN:
                self._admit(call)
            answer = await work(call, number)
        except Refused as refused:
            answer = _refused(refused, find=operation == "TraCuuHoSo")
        if request_id := call.header(b"x-request-id"):
            answer.fields.append((b"x-request-id", request_id))
        over = answer.status == 401 and operation != "token"
        return replace(answer, session_over=True) if over else answer

    def _route(
        self, call: Call
    ) -> tuple[str, str, Callable[[Call, str], Coroutine[Any, Any, Answer]]]:
        parts = call.path.strip("/").split("/")
        match call.method, parts:
            case "POST", ["token"]:
                return "token", "", self._token
            case "POST", ["ho-so"]:
                return TRANSFER, "", self._transfer
            case "GET", ["ho-so", number]:
                return "TraCuuHoSo", number, self._find
            case "POST", ["ho-so", number, "bo-sung"]:
                return SUPPLEMENT, number, self._supplement
            case "POST", ["ho-so", number, "tra-ket-qua"]:
                return RETURN, number, self._return
            case "GET", ["ket-qua", sha256]:
                return "resultFile", sha256, self._result
            case "GET", ["suc-khoe"]:
                return "ping", "", self._ping
            case "GET", ["openapi.yaml" | "openapi.json"]:
                return served_contract.OPERATION, "", self._contract
        return "", "", self._nothing

    def _admit(self, call: Call) -> None:
        scheme, _, token = call.header(b"authorization").decode("latin-1").partition(" ")
        good_until = self._tokens.get(token, 0.0)
        if scheme.lower() != "bearer" or time.monotonic() >= good_until:
            self._tokens.pop(token, None)
            raise Refused(ReplyCode.UNAUTHORIZED, "Mã truy cập không hợp lệ hoặc đã hết hạn.")

    async def _token(self, call: Call, _: str) -> Answer:
        form = parse_qs(call.body.decode("latin-1"))
        wanted = {"grant_type": ["client_credentials"], **self.client}
        if any(form.get(name) != value for name, value in wanted.items()):
            raise Refused(ReplyCode.UNAUTHORIZED, "Sai thông tin đăng nhập.")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + self.token_seconds
        granted = contract.Token(
            access_token=token,
            expires_in=self.token_seconds,
            token_type="Bearer",  # noqa: S106
        )
        return Answer(body=msgspec.json.encode(granted))

    async def _ping(self, call: Call, _: str) -> Answer:  # noqa: ARG002 - one shape of handler
        return _done()

    async def _contract(self, call: Call, _: str) -> Answer:
        return served_contract.openapi(call, SHIPPED) or await self._nothing(call, "")

    async def _nothing(self, call: Call, _: str) -> Answer:  # noqa: ARG002
        raise Refused(ReplyCode.NOT_FOUND, "Không có dịch vụ này.")

    async def _transfer(self, call: Call, _: str) -> Answer:
        body = _decoded(call, contract.Transfer)
        known = self.dossiers.by_number.get(body.number)
        if known is not None:
            await self._record_note("attempt", TRANSFER, body.number)
            return _done(known, code=ReplyCode.EXISTS, message="Hồ sơ đã tồn tại.")
        content = _call_record(call)
        await self._record("dossier", TRANSFER, body.number, key=TRANSFER, content=content)
        dossier = self.dossiers.by_number[body.number]
        self.courier.begin(dossier)
        return _done(dossier)

    async def _supplement(self, call: Call, number: str) -> Answer:
        body = _decoded(call, contract.Supplement, number)
        dossier = await self._dossier(number, SUPPLEMENT)
        wanted = dossier.awaits_supplement and dossier.supplied is None
        if not wanted and not _repeats(call, dossier.supplements):
            await self._record_note("misplaced", SUPPLEMENT, number)
            raise Refused(ReplyCode.WRONG_STATE, "Hồ sơ không chờ bổ sung.")
        await self._event(call, SUPPLEMENT, body)
        return _done(dossier)

    async def _return(self, call: Call, number: str) -> Answer:
        body = _decoded(call, contract.ResultReturned, number)
        dossier = await self._dossier(number, RETURN)
        if not dossier.ended:
            await self._record_note("misplaced", RETURN, number)
            raise Refused(ReplyCode.WRONG_STATE, "Hồ sơ chưa có kết quả.")
        await self._event(call, RETURN, body)
        return _done(dossier)

    async def _find(self, call: Call, number: str) -> Answer:
        dossier = self.dossiers.by_number.get(number)
        until = datetime.now(UTC) - timedelta(seconds=call.look_up.behind)
        shown = dossier.shown(until) if dossier else None
        if shown is None:
            raise Refused(ReplyCode.NOT_FOUND, "Không có hồ sơ này.")
        found = contract.FindReply(data=shown, status=_outcome(ReplyCode.DONE, "Có."))
        return Answer(body=msgspec.json.encode(found), number=number)

    async def _result(self, call: Call, sha256: str) -> Answer:  # noqa: ARG002
        document = self.courier.results.get(sha256)
        if document is None:
            raise Refused(ReplyCode.NOT_FOUND, "Không có tệp này.")
        return Answer(body=document, content_type=b"application/pdf")

    async def _dossier(self, number: str, operation: str) -> Dossier:
        dossier = self.dossiers.by_number.get(number)
        if dossier is None:
            await self._record_note("misplaced", operation, number)
            raise Refused(ReplyCode.NOT_FOUND, "Không có hồ sơ này.")
        return dossier

    async def _event(
        self, call: Call, operation: str, body: contract.Supplement | contract.ResultReturned
    ) -> None:
        message_id = _message_id(call)
        await self._record(
            "event",
            operation,
            body.number,
            key=f"{operation}:{message_id or body.version}",
            moment=f"{body.version:09d}",
            content=_call_record(call),
        )

    async def _record_note(self, kind: str, operation: str, number: str) -> None:
        note = Effect(kind=kind, operation=operation, dossier=number, key="")
        await self.ledger.record_notes([note])

    async def _record(
        self,
        kind: str,
        operation: str,
        number: str,
        *,
        key: str,
        moment: str = "",
        content: bytes = b"",
    ) -> None:
        effect = Effect(
            kind=kind,
            operation=operation,
            dossier=number,
            key=key,
            moment=moment,
            content=content,
        )
        # In memory first, so a second call that comes before the commit sees the first.
        self.dossiers.apply(effect)
        await self.ledger.record([effect])


def _decoded(call: Call, kind: type[BodyT], number: str = "") -> BodyT:
    try:
        body = msgspec.json.decode(call.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(ReplyCode.INVALID, f"Dữ liệu không hợp lệ: {error}"[:1000]) from None
    if number and body.number != number:
        raise Refused(ReplyCode.INVALID, "SoBienNhan khác với địa chỉ.")
    return body


def _message_id(call: Call) -> str:
    return call.header(b"idempotency-key").decode("latin-1")[:64]


def _repeats(call: Call, recorded: list[contract.Recorded]) -> bool:
    message_id = _message_id(call)
    return bool(message_id) and any(known.message_id == message_id for known in recorded)


def _call_record(call: Call) -> bytes:
    host = call.header(b"host").decode("latin-1")
    return msgspec.json.encode(
        CallRecord(
            message_id=_message_id(call),
            at=datetime.now(UTC),
            address=f"http://{host}",
            body=msgspec.Raw(call.body),
        )
    )


def _outcome(code: str, message: str) -> contract.Outcome:
    success = code is ReplyCode.DONE
    return contract.Outcome(
        success=success,
        code=code,
        type="success" if success else "error",
        time=datetime.now(UTC),
        message=message,
    )


def _done(
    dossier: Dossier | None = None,
    *,
    code: ReplyCode = ReplyCode.DONE,
    message: str = "Thành công.",
) -> Answer:
    number = dossier.number if dossier else ""
    reply = contract.Reply(
        data=int(code is ReplyCode.DONE),
        number=number,
        own_number=dossier.own_number if dossier else "",
        status=_outcome(code, message),
    )
    return Answer(body=msgspec.json.encode(reply), number=number)


def _refused(refused: Refused, *, find: bool = False) -> Answer:
    status = _outcome(refused.code, refused.message)
    reply: contract.Reply | contract.FindReply = contract.Reply(data=0, status=status)
    if find:
        reply = contract.FindReply(data=None, status=status)
    return Answer(status=_STATUS.get(refused.code, 200), body=msgspec.json.encode(reply))

"""The province as a destination: registers dossiers and adds their steps, and can be asked.

Not idempotent: a step sent twice is there twice. Findable: TraCuuHoSo gives a dossier with its
steps, so an unknown effect can be settled by asking. `send` makes exactly one call that can have
an effect; a login, or a look-up after "đã tồn tại", has none.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.provincial import faults, mapping
from adapters.provincial.comparison.record import Relation, relate
from adapters.provincial.comparison.step_answer import answer_of_step
from adapters.provincial.comparison.times import in_our_form
from adapters.provincial.prepared_call import PreparedCall
from adapters.provincial.protocol.protocol import (
    HARMLESS,
    QUERIES,
    Envelope,
    Operation,
    ProvinceProtocol,
    Result,
    is_number,
    reference_of,
)
from adapters.provincial.protocol.rest import RestProtocol
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.provincial.settings import ProvincialSettings
from adapters.wire import replies
from adapters.wire.connections.hosts import HostConnections
from adapters.wire.dates import DateReader
from adapters.wire.http import Reply
from adapters.wire.login.login_end import Kind, LoginEnd, has_phrase, login_end
from adapters.wire.login.shared_login import Granted, Login
from adapters.wire.profile import Means
from adapters.wire.reading.words import read_words
from adapters.wire.retry_wishes import bounded
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload, ProvinceDossier, ProvinceProgress
from hub.ports import (
    Absent,
    Doubt,
    DriftObserver,
    Question,
    Receipt,
    Request,
    Unclear,
    ignore_drift,
)
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import (
    EXISTS_UNSEEN,
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
    kept_code,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with what it means, and the sha256 of its body."""

    meaning: Means
    result: Result
    digest: str
    reply: Reply
    end: LoginEnd | None = None
    """That the login is over, where the reply says so; then it says nothing else."""
    unusual: bool = False
    """Whether the words beside a code of success are none that anybody knows."""


NOTHING = Result(code="", message="")
"""Of a reply that only says that the login is over."""


class ProvincialDestination:
    """The province; see `hub.ports.Destination`."""

    name = catalog.PROVINCIAL

    def __init__(
        self, settings: ProvincialSettings, *, observe: DriftObserver = ignore_drift
    ) -> None:
        """`observe` gets what was ignored or bent in the province's replies."""
        self.settings = settings
        self.traits = Traits(
            accepts=frozenset(
                catalog.type_of(kind).name for kind in (ProvinceDossier, ProvinceProgress)
            ),
            idempotent=False,
            findable=Operation.LOOK_UP not in settings.profile.unsupported.operations,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.reply_timeout,
            concurrency=settings.concurrency,
            # log in, call, log in again, call; said to exist: look it up, log in again, look it up
            round_trips=7,
            pause_from=settings.profile.retry_after.pause_from,
            longest_wish=settings.profile.retry_after.longest,
            lag=settings.profile.lookup.lag,
        )
        self._dialect: ProvinceProtocol = (
            SoapProtocol(settings) if settings.mode == "soap" else RestProtocol(settings)
        )
        self._table = faults.table_of(settings.profile)
        self._dates = DateReader(settings.profile.dates)
        self._wires = HostConnections(
            settings.url, settings.profile, settings.limits, partner=self.name, observe=observe
        )
        self._login = Login(self._log_in)
        self._longest = 0
        """The most steps of a dossier that were shown since this process began."""
        self._ahead: timedelta | None = None
        """By how much the province's clock was ahead at the last login."""

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the request; raises PermanentFailure `mapping_missing` or `prepare_failed`."""
        arguments: dict[str, Any] = {"madonvi": self.settings.agency}
        update = False
        match payload:
            case ProvinceDossier():
                operation, update = Operation.REGISTER, payload.update
                record = mapping.dossier_fields(
                    payload, message.attachments, file_base_url=self.settings.file_base_url
                )
                arguments["isUpdating"] = str(update)
            case ProvinceProgress():
                operation = Operation.ADD_STEPS
                record = mapping.step_fields(payload)
            case _:
                raise PermanentFailure("mapping_missing", f"no operation for {message.type}")
        self._check_supported(operation)
        envelope = self._dialect.build(operation, arguments | {"data": [record]})
        return Request(
            operation=operation,
            number=payload.number,
            body=PreparedCall(envelope, record, update),
            digest=replies.sha256(envelope.before, envelope.after),
            message_id=message.id,
        )

    @bounded
    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Make the one call; see `hub.ports.Destination`."""
        prepared: PreparedCall = request.body
        answer = self._call(prepared.envelope, not_after=not_after)
        if answer.meaning is Means.ALREADY:
            return self._confirm(request)
        if answer.unusual and read_words(answer.result.message).exists:
            with replies.checking():
                return self._confirm(request)
        if answer.meaning is Means.NOT_THERE:
            raise PermanentFailure("partner_refused", "the province has no such dossier")
        with replies.evidenced(answer.reply):
            done, findings = answer.result.done, answer.reply.findings
            reference = reference_of(request.number, done, findings)
        receipt = Receipt(reference=reference, response_hash=answer.digest)
        if not answer.unusual or not self.traits.findable:
            return receipt
        with replies.checking():
            found = self._confirm(request)
        return replace(receipt, differs=found.differs, alike=found.alike)

    def question(self, request: Request) -> Question:
        """Return the look-up of the dossier; see `hub.ports.Destination`."""
        look_up = self._look_up_call(request.number)
        return Question(
            operation=look_up.operation, digest=replies.sha256(look_up.before, look_up.after)
        )

    @bounded
    def find(self, request: Request) -> Receipt | Absent | Unclear:
        """Look the dossier up and compare; see `hub.ports.Destination`."""
        with replies.without_effect():
            answer = self._look_up(request.number)
        return self._answer_of(request, answer)

    def _answer_of(self, request: Request, answer: Answer) -> Receipt | Absent | Unclear:
        """Return what the province's word on a dossier says of one request."""
        found, evidence = answer.result.dossier, answer.digest
        if found is None:
            if request.beside:
                return Unclear(why=Doubt.BEHIND, response_hash=evidence)
            return Absent(response_hash=evidence)
        if request.operation == Operation.ADD_STEPS:
            return answer_of_step(
                request,
                found,
                answer.result,
                digest=evidence,
                settings=self.settings,
                longest=self._longest,
            )
        prepared: PreparedCall = request.body
        compared = relate(found, to=prepared.record, resolution=self.settings.resolution)
        receipt = Receipt(already=True, response_hash=evidence)
        match compared.relation:
            case Relation.SAME:
                return receipt
            case Relation.NEWER:
                return replace(receipt, differs=compared.certain, alike=compared.alike)
            case Relation.UNCLEAR if not prepared.update:
                # A registration is in every record of ours.
                return replace(receipt, differs=compared.certain, alike=compared.alike)
            case Relation.OLDER if prepared.update:
                return Absent(response_hash=evidence)
        # The number is taken: by another dossier, or by ours with content that we did not send, or
        # with an end of which nobody can tell whether it came before or after what was sent.
        why = Doubt.OTHER if compared.certain else Doubt.ALIKE
        return Unclear(why=why, differs=compared.differs, response_hash=evidence)

    def procedure_name(self, code: str) -> str | None:
        """Return the province's name of a procedure, None when it has none.

        Raises TransientFailure or Held when the province cannot be asked now.
        """
        self._check_supported(Operation.PROCEDURE)
        arguments = {"madonvi": self.settings.agency, "maTTHC": code}
        request = self._dialect.build(Operation.PROCEDURE, arguments)
        with replies.without_effect():
            try:
                answer = self._call(request)
            except PermanentFailure as failure:
                if failure.partner_code == faults.NO_SUCH_PROCEDURE:
                    return None
                raise
            found = answer.result.procedure
            if answer.meaning is Means.NOT_THERE:
                return None
            if answer.meaning is not Means.DONE or found is None or found[0] != code:
                raise AmbiguousFailure("reply_unreadable", "not the procedure that was asked for")
            return found[1]

    @bounded
    def ping(self) -> timedelta | None:
        """Log in, go on with the new session, and compare the clocks."""
        self._login.renew(self._login.present)
        return self._ahead

    def close(self) -> None:
        """Close the connections."""
        self._wires.close()

    def _check_supported(self, operation: str) -> None:
        """Raise PermanentFailure `mapping_missing` for what the province does not have."""
        if operation in self.settings.profile.unsupported.operations:
            detail = f"the province has no {operation} (unsupported.operations)"
            raise PermanentFailure("mapping_missing", detail)

    def _confirm(self, request: Request) -> Receipt:
        """After "đã tồn tại": a receipt when what is there is what was sent.

        What is said to exist and is not found lags behind: it is asked about again.
        """
        if not self.traits.findable:
            raise AmbiguousFailure("reply_unreadable", replies.NO_LOOK_UP)
        with replies.without_effect():
            answer = self._look_up(request.number)
        compared = self._answer_of(request, answer)
        if isinstance(compared, Receipt):
            return compared
        prepared: PreparedCall = request.body
        found, differs = answer.result.dossier, getattr(compared, "differs", ())
        failure: DeliveryFailure = AmbiguousFailure(EXISTS_UNSEEN, "the look-up does not show it")
        is_registration = request.operation == Operation.REGISTER and not prepared.update
        if is_registration and found is not None:
            # Only a record of other content is no receipt for a registration.
            failure = PermanentFailure("partner_conflict", f"differs in {', '.join(differs)}")
        failure.differs = differs
        raise failure

    def _look_up(self, number: str) -> Answer:
        with replies.querying():
            answer = self._call(self._look_up_call(number))
        answer = replace(answer, result=in_our_form(answer.result, self._dates))
        dossier, findings = answer.result.dossier, answer.reply.findings
        with replies.evidenced(answer.reply):
            if answer.meaning is Means.NOT_THERE:
                if dossier and any(it for name, it in dossier.items() if name != "MaHoSo"):
                    raise findings.refuse("HoSo", "a dossier beside a code of none")
                return replace(answer, result=replace(answer.result, dossier=None))
            if answer.meaning is not Means.DONE or dossier is None:
                raise findings.refuse("HoSo", "no dossier beside a code that is not that of none")
            if not is_number(dossier["MaHoSo"], number, "HoSo/MaHoSo", findings):
                raise findings.refuse("HoSo/MaHoSo", "not the dossier that was asked for")
        self._longest = max(self._longest, len(answer.result.steps))
        return answer

    def _look_up_call(self, number: str) -> Envelope:
        arguments = {"madonvi": self.settings.agency, "mahoso": number}
        return self._dialect.build(Operation.LOOK_UP, arguments)

    def _call(self, envelope: Envelope, *, not_after: float = math.inf) -> Answer:
        """Make a call; when it was refused because the login is over, once more with a new one."""
        return self._login.made(
            lambda session: self._exchange(envelope, session, not_after=not_after),
            lambda answer: answer.end,
            harmless=envelope.operation in HARMLESS,
        )

    def _exchange(self, envelope: Envelope, session: str, *, not_after: float = math.inf) -> Answer:
        address, fields = self._dialect.address(envelope.operation)
        body = self._dialect.body(envelope, session)
        echo = self.settings.profile.echo.header
        operation = str(envelope.operation)
        wire, target = self._wires.to(address)
        reply = wire.call(
            "POST",
            target,
            body=body,
            headers=fields,
            echo=echo,
            operation=operation,
            not_after=not_after,
        )
        digest = replies.digest(reply)
        with replies.evidenced(reply):
            end = login_end(reply, self.settings.profile.session)
            if end is not None:
                return Answer(Means.SESSION_OVER, NOTHING, digest, reply, end)
            result = self._dialect.read(operation, reply)
            try:
                means = faults.meaning(reply, result.code, result.message, table=self._table)
            except AmbiguousFailure:
                if not self._may_be_over(result):
                    raise
                return Answer(
                    Means.SESSION_OVER, NOTHING, digest, reply, _end(result, certain=False)
                )
            checked = means is Means.DONE and operation not in QUERIES
            unusual = checked and faults.is_unusual(reply, result, self._table)
        if means is Means.SESSION_OVER:
            # A reply that gives the dossier's reference as well says that the work is done.
            end = _end(result, certain=not any(result.done.values()))
        return Answer(means, result, digest, reply, end, unusual)

    def _may_be_over(self, result: Result) -> bool:
        """Tell whether a code of an ended login comes with words that may speak of one."""
        is_code = self._table.may_mean(result.code, Means.SESSION_OVER)
        return is_code and has_phrase(result.message, self.settings.profile.session.hints)

    def _log_in(self) -> Granted:
        """Return a new session; raises TransientFailure or Held `partner_login`.

        A login has no effect on a dossier, so no dossier is parked or in doubt because of one.
        Wrong credentials are put right by a person; until then nothing uses up its attempts.
        """
        arguments = {
            "username": self.settings.username,
            "password": self.settings.password,
            "madonvi": self.settings.agency,
        }
        sent = datetime.now(UTC)
        try:
            answer = self._exchange(self._dialect.build(Operation.LOGIN, arguments), "")
        except TransientFailure:
            raise
        except DeliveryFailure as failure:
            if failure.code == "partner_forbidden":
                raise NotAttempted("partner_login", failure.detail) from None
            raise TransientFailure("partner_login", f"{failure.code}: {failure.detail}") from None
        if answer.end is not None and answer.end.kind is not Kind.PAGE:
            raise NotAttempted("partner_login", f"the login was refused: {answer.end.words}")
        if answer.meaning is not Means.DONE:
            raise TransientFailure("partner_login", f"error_code {kept_code(answer.result.code)}")
        if not answer.result.session:
            read = "DangNhap, session: missing beside a code of success"
            fix = "ask the province for the name that its contract has, `session`"
            raise TransientFailure("partner_login", f"{read}; {fix}")
        self._ahead = answer.reply.clock_ahead(sent=sent, received=datetime.now(UTC))
        lifetime = self.settings.profile.session.lifetime
        return Granted(answer.result.session, lifetime or None)


def _end(result: Result, *, certain: bool) -> LoginEnd:
    return LoginEnd(Kind.CODE, f"error_code {kept_code(result.code)}", certain=certain)

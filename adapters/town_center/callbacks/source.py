"""The town's callbacks: checked, its result files pulled, stored, and only then acknowledged.

`TownCallbacks.receive` answers Result 1 when the step is durable in the hub, now or from an
earlier telling. Every other answer is Result 0 with a sentence for an officer and a technical
cause, and then no step is stored; a result file that was pulled before may remain in the file
store, where nothing refers to it. Files that take longer than a moment go on being pulled after an
answer of 503 (`result_files`). What is not foreseen (a full disk, a fault of the hub) is raised
to the gateway: no answer, so the town tells it again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.town_center import contract, mapping
from adapters.town_center.callback import OPERATION, CallbackReader, subject_of
from adapters.town_center.callbacks.result_files import ResultFiles, StillPulling
from adapters.town_center.callbacks.result_url import UrlRefused, result_target
from adapters.town_center.callbacks.signature import SignatureOld, SignatureRefused, verify
from adapters.town_center.session import TownSession
from adapters.town_center.settings import TownSettings
from adapters.wire.reading import Findings
from hub.messages import catalog
from hub.messages.envelope import Message, decode, encode
from hub.messages.invalid import InvalidMessage
from hub.ports import (
    AcceptanceUnknown,
    CallbackAnswer,
    Clock,
    DriftObserver,
    Sink,
    ignore_drift,
)
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.texts import both

_STATUS = {"message_too_large": 413, "file_too_large": 413, "file_hash_wrong": 422}
"""HTTP status of an InvalidMessage by its code; 400 for the others."""


class TownCallbacks:
    """Receives callbacks of one town; threads share it."""

    name = catalog.TOWN_CENTER
    emits = frozenset({"town.step_reported"})

    def __init__(
        self,
        settings: TownSettings,
        *,
        session: TownSession | None = None,
        clock: Clock = lambda: datetime.now(UTC),
        observe: DriftObserver = ignore_drift,
    ) -> None:
        """`observe` gets what was ignored or bent in callbacks and in replies to pulls."""
        self.settings = settings
        self.observe = observe
        self._reader = CallbackReader(settings.profile)
        self.session = session or TownSession(settings, observe=observe)
        self.clock = clock
        self.files = ResultFiles(self.session, settings.pulling)

    def receive(self, body: bytes, headers: Mapping[str, str], sink: Sink) -> CallbackAnswer:
        """Return the answer to one callback."""
        subject = ""
        try:
            self._check_sender(body, headers)
            subject = subject_of(body, headers)
            report = self._read(body, headers)
            targets = [result_target(file.url, self.settings.url) for file in report.results]
            step = expected(report)
            files = self.files.collect(step.id, report.results, targets, sink)
            accepted = sink.accept(mapping.step_message(report, files))
        except SignatureRefused as refusal:
            text = both("callbacks.signature_wrong").vi
            return refused(401, text, str(refusal), subject="", authentic=False)
        except SignatureOld as refusal:
            text = both("callbacks.signature_old").vi
            return refused(400, text, str(refusal), subject=subject_of(body, headers))
        except UrlRefused as refusal:
            text = both("callbacks.address_unreadable").vi
            why = f"DanhSachGiayToKetQua.url: {refusal}"
            return refused(400, text, why, subject=subject)
        except InvalidMessage as error:
            status = _STATUS.get(error.code, 400)
            return refused(status, _sentence(error.code), str(error), subject=subject)
        except StillPulling as error:
            text = both("callbacks.pulling").vi
            return answer_repeated(text, str(error))
        except DeliveryFailure as failure:
            text = both("callbacks.not_pulled", why=_sentence(failure.code)).vi
            return refused(503, text, str(failure), subject=subject)
        except AcceptanceUnknown as error:
            return answer_repeated(both("callbacks.unknown").vi, str(error))
        text = both("callbacks.before" if accepted.duplicate else "callbacks.accepted").vi
        reply = _built(contract.Acknowledgement(result=1, message=text))
        return CallbackAnswer(status=200, reply=reply, subject=subject)

    def close(self) -> None:
        """End the pulls under way and give back connections."""
        self.files.close()
        self.session.close()

    def _read(self, body: bytes, headers: Mapping[str, str]) -> contract.StepReport:
        """Return the step in a callback, and report its drift; raises InvalidMessage."""
        findings = Findings(self.name, OPERATION, observe=self.observe)
        try:
            return self._reader.read(body, headers, findings)
        finally:
            findings.report()

    def _check_sender(self, body: bytes, headers: Mapping[str, str]) -> None:
        if len(body) > self.settings.callback_limit:
            why = f"{len(body)} bytes, the limit is {self.settings.callback_limit}"
            raise InvalidMessage("message_too_large", where="$", why=why)
        verify(
            body,
            headers,
            self.settings.callback_secret,
            now=self.clock(),
            tolerance=self.settings.callback_tolerance,
        )


def expected(report: contract.StepReport) -> Message:
    """Return the message as it will be once its files are here; raises InvalidMessage.

    Made before anything is pulled, so that a report that can never be accepted costs no transfer,
    and read as the hub will read it: what it could not read then would be acknowledged and lost.
    """
    message = mapping.step_message(report, map(mapping.attachment, report.results))
    message = decode(encode(message))
    catalog.read(message)
    return message


def refused(
    status: int, message: str, cause: str, *, subject: str, authentic: bool = True
) -> CallbackAnswer:
    """Return an answer with Result 0 that a person has to know of."""
    cause = cause[:1000]
    reply = _built(contract.Acknowledgement(result=0, message=message, cause=cause))
    return CallbackAnswer(
        status=status, reply=reply, subject=subject, cause=cause, authentic=authentic
    )


def answer_repeated(message: str, cause: str) -> CallbackAnswer:
    """Return an answer with Result 0 for what is over when the same callback comes again."""
    reply = _built(contract.Acknowledgement(result=0, message=message, cause=cause[:1000]))
    return CallbackAnswer(status=503, reply=reply)


def _sentence(code: str) -> str:
    fault = FAULTS.get(code)
    return (fault.text if fault else both("gateway.invalid")).vi


def _built(answer: contract.Acknowledgement) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(answer)
    return built

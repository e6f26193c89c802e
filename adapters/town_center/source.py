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
from adapters.town_center.result_files import ResultFiles, StillPulling
from adapters.town_center.result_url import UrlRefused, result_target
from adapters.town_center.session import TownSession
from adapters.town_center.settings import TownSettings
from adapters.town_center.signature import SignatureRefused, verify
from hub.messages import catalog
from hub.messages.envelope import (
    OUT_OF_RANGE,
    YEARS,
    Message,
    decode,
    encode,
    place,
)
from hub.messages.invalid import InvalidMessage
from hub.ports import AcceptanceUnknown, Clock, Sink
from hub.rules.errors import FAULTS, DeliveryFailure

_report = msgspec.json.Decoder(contract.StepReport)

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
    ) -> None:
        self.settings = settings
        self.session = session or TownSession(settings)
        self.clock = clock
        self.files = ResultFiles(self.session, settings.pulling)

    def receive(
        self, body: bytes, headers: Mapping[str, str], sink: Sink
    ) -> tuple[int, dict[str, Any]]:
        """Return the HTTP status and the JSON reply to one callback."""
        try:
            self._check_sender(body, headers)
            report = parse(body)
            targets = [result_target(file.url, self.settings.url) for file in report.results]
            step = expected(report)
            files = self.files.collect(step.id, report.results, targets, sink)
            accepted = sink.accept(mapping.step_message(report, files))
        except SignatureRefused as refusal:
            return refuse(401, "Chữ ký của thông báo không hợp lệ.", str(refusal))
        except UrlRefused as refusal:
            text = "Địa chỉ tệp kết quả không thuộc máy chủ của thị xã."
            return refuse(400, text, f"DanhSachGiayToKetQua.url: {refusal}")
        except InvalidMessage as error:
            return refuse(_STATUS.get(error.code, 400), _sentence(error.code), str(error))
        except StillPulling as error:
            text = "Đang tải tệp kết quả, đề nghị gửi lại thông báo này."
            return refuse(503, text, str(error))
        except DeliveryFailure as failure:
            text = f"Chưa tải được tệp kết quả, đề nghị gửi lại. {_sentence(failure.code)}"
            return refuse(503, text, str(failure))
        except AcceptanceUnknown as error:
            return refuse(503, "Chưa rõ đã lưu hay chưa, đề nghị gửi lại.", str(error))
        text = "Đã tiếp nhận trước đó." if accepted.duplicate else "Đã tiếp nhận."
        return 200, _built(contract.Acknowledgement(result=1, message=text))

    def close(self) -> None:
        """End the pulls under way and give back connections."""
        self.files.close()
        self.session.close()

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


def parse(body: bytes) -> contract.StepReport:
    """Return the report in `body`; raises InvalidMessage that names the place and the reason."""
    try:
        report = _report.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidMessage("payload_invalid", **place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    if report.number.endswith("\n"):  # a pattern's `$` also stands before a last line end
        why = "a line end behind the number"
        raise InvalidMessage("payload_invalid", where="$.SoBienNhan", why=why)
    if report.at.year not in YEARS:
        raise InvalidMessage("payload_invalid", where="$.thoiDiem", why=OUT_OF_RANGE)
    return report


def expected(report: contract.StepReport) -> Message:
    """Return the message as it will be once its files are here; raises InvalidMessage.

    Made before anything is pulled, so that a report that can never be accepted costs no transfer,
    and read as the hub will read it: what it could not read then would be acknowledged and lost.
    """
    message = mapping.step_message(report, map(mapping.attachment, report.results))
    message = decode(encode(message))
    catalog.read(message)
    return message


def refuse(status: int, message: str, cause: str) -> tuple[int, dict[str, Any]]:
    """Return an answer with Result 0."""
    return status, _built(contract.Acknowledgement(result=0, message=message, cause=cause[:1000]))


def _sentence(code: str) -> str:
    fault = FAULTS.get(code)
    return fault.vi if fault else "Dữ liệu không hợp lệ."


def _built(answer: contract.Acknowledgement) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(answer)
    return built

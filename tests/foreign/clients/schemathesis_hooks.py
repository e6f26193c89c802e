"""What schemathesis cannot know from the contract: which codes, days and files there are.

`st` loads this module (SCHEMATHESIS_HOOKS). Only calls that fit the contract are changed, and only
where the contract cannot say what is real: a procedure of the ward's catalogue, a day that the
calendar has, a file that was sent ahead, a cursor that the hub gave. Wrong calls go out as they
were made.
"""

import base64
import hashlib
import json
import os
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import schemathesis
from schemathesis import GenerationMode

from tests.foreign.clients import schemathesis_uploads

NUMBERS: list[str] = json.loads(os.environ["HUB_NUMBERS"])
"""A dossier that the hub has, and one that it does not have."""
NUMBER, OTHER_NUMBER = NUMBERS
PROCEDURES: list[str] = json.loads(os.environ["HUB_PROCEDURES"])
FILE = bytes.fromhex(os.environ["HUB_FILE"])
"""A file that was sent ahead."""
SHA256 = hashlib.sha256(FILE).hexdigest()
DAY = "2018-08-06"
"""A day that the calendar has."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Make a call that fits the contract one about real things."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if "/v1/uploads" in case.operation.label:
        schemathesis_uploads.make_real(case)
        return
    for container in (case.path_parameters, case.body):
        _replace(container, "maHoSo", _number)
    _replace(case.path_parameters, "maBamTep", lambda sha256: _file(case, sha256))
    _replace(case.path_parameters, "maWebhook", lambda _: "wh-00000000")
    _replace(case.query, "sau", _cursor)
    _replace(case.query, "after", lambda _: "")
    if case.operation.label == "POST /v1/files":
        case.body = FILE
        _replace(case.headers, "X-Sha256", lambda _: SHA256)
    elif isinstance(case.body, dict):
        _real(case.body)
        if "maHoSo" in case.path_parameters:
            _replace(case.body, "maHoSo", lambda _: case.path_parameters["maHoSo"])
        content = repr((case.path_parameters, case.body)).encode()
        _replace(case.headers, "Idempotency-Key", lambda key: _key(key, content))


def _real(body: dict[str, Any]) -> None:
    for name in ("maTTHC", "maTTHCSai", "maTTHCDung"):
        _replace(body, name, _procedure)
    for name in ("ngayNop", "thoiDiemXuLy"):
        _replace(body, name, lambda at: DAY + at[10:])
    _replace(body.get("chuHoSo"), "loaiDoiTuong", lambda _: 1)
    for file in body.get("tepDinhKem") or ():
        file |= {"maBamTep": SHA256, "loaiTep": "application/pdf", "tenTep": "giay.pdf"}


def _replace(container: Any, name: str, value: Callable[[Any], Any]) -> None:
    if isinstance(container, MutableMapping) and name in container:
        container[name] = value(container[name])


def _key(key: str, content: bytes) -> str:
    """Return a key that is used for one content only."""
    return key[:60].strip('"') + hashlib.sha256(content).hexdigest()[:32]


def _number(number: str) -> str:
    """Return a number half of which are known; every day of them exists."""
    digits = number.split("-")[1][-6:]
    if hashlib.sha256(number.encode()).digest()[0] % 2:
        return NUMBER
    with suppress(ValueError):
        date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        return number
    return OTHER_NUMBER


def _file(case: Any, sha256: str) -> str:
    """Return the file of the known dossier."""
    return SHA256 if case.path_parameters["maHoSo"] == NUMBER else sha256


def _procedure(code: str) -> str:
    return PROCEDURES[len(code) % len(PROCEDURES)]


def _cursor(text: str) -> str:
    with suppress(ValueError):
        at = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")[0]
        datetime.fromisoformat(at)
        return text
    return ""

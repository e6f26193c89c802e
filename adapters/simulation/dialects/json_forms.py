"""How JSON stacks write the same reply: null, numbers, unknown keys, order, lists.

Every form says what the plain form says. A change gets the decoded body of one reply and returns
another; strings that are secrets or addresses are never touched.
"""

from collections.abc import Callable
from typing import Any

from adapters.simulation.dialects.habit import Habit

NUMBERS = frozenset({"PhienBan", "size", "expires_in", "data"})
"""Keys whose numbers some stacks write as text."""


def walked(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """Return the value with `change(key, value)` for everything in it, innermost first."""
    if isinstance(value, dict):
        value = {key: walked(inner, change, key) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [walked(inner, change, name) for inner in value]
    return change(name, value)


def _extra_keys(body: Any) -> Any:
    def change(name: str, value: Any) -> Any:
        if not isinstance(value, dict) or name not in {"", "HoSo", "TienDo", "status"}:
            return value
        return {"_id": "5b57a1", **value, "thoiGianXuLy": 12}

    return walked(body, change)


def _by_key(body: Any) -> Any:
    def change(name: str, value: Any) -> Any:  # noqa: ARG001 - one shape of change
        return dict(sorted(value.items())) if isinstance(value, dict) else value

    return walked(body, change)


def _null_message(body: Any) -> Any:
    if isinstance(body, dict) and _all_well(body):
        return {**body, "message": None}
    return body


def _no_message(body: Any) -> Any:
    if isinstance(body, dict) and _all_well(body):
        return {key: value for key, value in body.items() if key != "message"}
    return body


def _all_well(body: dict[str, Any]) -> bool:
    return str(body.get("error_code", "?")).strip("0") == ""


def _null_result(body: Any) -> Any:
    if isinstance(body, dict) and body.get("result") == []:
        return {**body, "result": None}
    return body


def _null_for_empty(body: Any) -> Any:
    return walked(body, lambda name, value: None if value == "" and name != "session" else value)


def _without_empty(body: Any) -> Any:
    def change(name: str, value: Any) -> Any:  # noqa: ARG001
        if not isinstance(value, dict):
            return value
        return {key: inner for key, inner in value.items() if inner not in ("", [])}

    return walked(body, change)


def _numbers_as_text(body: Any) -> Any:
    def change(name: str, value: Any) -> Any:
        number = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if number and name in NUMBERS | {"error_code"} else value

    return walked(body, change)


def _codes_as_numbers(body: Any) -> Any:
    """TrangThai "4" as 4, code "00" as 0: a stack that guesses types."""

    def change(name: str, value: Any) -> Any:
        guessed = name in {"TrangThai", "TrangThaiHoSo", "KenhThucHien", "LoaiDoiTuong"}
        return int(value) if guessed and isinstance(value, str) and value.isdigit() else value

    return walked(body, change)


def _one_for_a_list(body: Any) -> Any:
    """A list of one as that one: what a gateway that turns XML into JSON makes of it."""
    if not isinstance(body, dict):
        return body
    result = body.get("result")
    if isinstance(result, list) and len(result) == 1:
        return {**body, "result": result[0]}
    return body


EXTRA_KEYS = Habit(
    name="extra_keys", about="keys that the contract does not know", json=_extra_keys
)
BY_KEY = Habit(name="by_key", about="keys in alphabetical order", json=_by_key)
NULL_MESSAGE = Habit(
    name="null_message", about='"message": null where all went well', json=_null_message
)
LEFT_OUT_MESSAGE = Habit(
    name="left_out_message", about="no message where all went well", json=_no_message
)
NULL_RESULT = Habit(name="null_result", about='"result": null for none', json=_null_result)
NULL_FOR_EMPTY = Habit(
    name="null_for_empty", about="null for an empty text (Oracle)", json=_null_for_empty
)
WITHOUT_EMPTY = Habit(
    name="without_empty", about="empty texts and lists are left out", json=_without_empty
)
NUMBERS_AS_TEXT = Habit(
    name="numbers_as_text",
    about='numbers as text, "expires_in": "3600" among them (PHP)',
    json=_numbers_as_text,
)
CODES_AS_NUMBERS = Habit(
    name="codes_as_numbers", about="codes of digits as numbers", json=_codes_as_numbers
)
ONE_FOR_A_LIST = Habit(
    name="one_for_a_list", about="a list of one as that one (XML to JSON)", json=_one_for_a_list
)

HABITS = (
    EXTRA_KEYS,
    BY_KEY,
    NULL_MESSAGE,
    LEFT_OUT_MESSAGE,
    NULL_RESULT,
    NULL_FOR_EMPTY,
    WITHOUT_EMPTY,
    NUMBERS_AS_TEXT,
    CODES_AS_NUMBERS,
    ONE_FOR_A_LIST,
)

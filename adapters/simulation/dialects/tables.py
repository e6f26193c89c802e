"""The dialects: a name, and the habits that such software was seen to have. Data only.

`mixed` is no table of its own: each reply is in one of the others, drawn anew.
"""

from collections.abc import Mapping
from dataclasses import replace

from adapters.simulation.dialects import (
    bytes_forms,
    http_forms,
    json_forms,
    sessions,
    soap_12,
    values,
    xml_forms,
)
from adapters.simulation.dialects.habit import Habit

MIXED = "mixed"

HABITS: Mapping[str, Habit] = {
    habit.name: habit
    for module in (sessions, values, xml_forms, soap_12, json_forms, bytes_forms, http_forms)
    for habit in module.HABITS
}
"""Every habit by its name, in the order in which habits are applied."""

DIALECTS: Mapping[str, tuple[Habit, ...]] = {
    "dotnet": (
        sessions.SESSION_FAULT,
        sessions.RECYCLED,
        xml_forms.EXTRA_ELEMENTS,
        xml_forms.BY_NAME,
        xml_forms.EMPTY_IS_NIL,
        xml_forms.PREFIX_WCF,
        soap_12.SOAP_12,
        json_forms.NULL_MESSAGE,
        json_forms.NULL_FOR_EMPTY,
        bytes_forms.BYTE_ORDER_MARK,
        values.WHOLE_SECONDS,
    ),
    "axis": (
        sessions.SESSION_FAULT,
        sessions.SESSION_OWN_CODE,
        xml_forms.MESSAGE_FIRST,
        xml_forms.EMPTY_IS_ABSENT,
        xml_forms.TYPED,
        xml_forms.PREFIX_AXIS,
        bytes_forms.PACKAGE,
        json_forms.NULL_RESULT,
        json_forms.BY_KEY,
        http_forms.BLANKS_BEHIND_SIZES,
    ),
    "php": (
        sessions.SESSION_PAGE,
        xml_forms.NO_MESSAGE,
        xml_forms.UNQUALIFIED,
        xml_forms.PREFIX_PHP,
        xml_forms.BLANKS_AROUND,
        json_forms.NUMBERS_AS_TEXT,
        json_forms.NULL_RESULT,
        bytes_forms.ESCAPED,
        bytes_forms.BLANK_LINE,
        bytes_forms.NO_CHARSET,
        bytes_forms.JSON_AS_HTML,
        http_forms.UNTIL_THE_END,
    ),
    "node": (
        sessions.SESSION_FORBIDDEN,
        xml_forms.MARKED_TEXT,
        xml_forms.COMMENTED,
        bytes_forms.UNDECLARED_XSI,
        json_forms.EXTRA_KEYS,
        json_forms.LEFT_OUT_MESSAGE,
        json_forms.WITHOUT_EMPTY,
        json_forms.CODES_AS_NUMBERS,
        http_forms.CREATED,
        http_forms.NO_ECHO,
        values.DECOMPOSED,
    ),
    "old-iis": (
        sessions.SESSION_PAGE,
        sessions.ONE_LOGIN,
        values.ONE_BLANK,
        values.CAPITALS,
        values.CHAR_COLUMN,
        values.MINUTES,
        xml_forms.BLANKS_AROUND,
        json_forms.NUMBERS_AS_TEXT,
        bytes_forms.DECLARED_UTF_16,
        http_forms.BARE_LINE_FEEDS,
    ),
    "gateway": (
        sessions.SESSION_FORBIDDEN,
        json_forms.ONE_FOR_A_LIST,
        bytes_forms.GZIP,
        http_forms.OTHER_ECHO,
        http_forms.BLANKS_BEHIND,
        http_forms.LENGTH_AND_CHUNKS,
        http_forms.GATEWAY_ERRORS,
    ),
    "replica": (values.LATE_REPLICA, values.LAST_STEPS),
}

NAMES = (*DIALECTS, MIXED)


def habits_of(name: str) -> tuple[Habit, ...]:
    """Return the habits of a dialect, or the habit of that name; raises ValueError.

    A habit that is named alone is shown by every reply.
    """
    if name in DIALECTS:
        return DIALECTS[name]
    if name in HABITS:
        return (replace(HABITS[name], share=1.0),)
    dialects, habits = ", ".join(NAMES), ", ".join(HABITS)
    raise ValueError(f"no dialect {name!r}; there are {dialects}, and the habits {habits}")

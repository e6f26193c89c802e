"""A command line that cannot be read gets a sentence of ours, in the language of its reader."""

import re

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.texts import Language

FORMS = "2026-11-25 | 2026-11-25T14:30"
WRONG = {
    "deliveries replay x": (
        "delivery: 'x' không phải là số nguyên.",
        "delivery: 'x' is not a whole number.",
    ),
    "deliveries replay --since 25/11/2026": (
        f"--since: '25/11/2026' không phải là ngày giờ hợp lệ; viết như {FORMS}.",
        f"--since: '25/11/2026' is not a date or time; write it as {FORMS}.",
    ),
    "deliveries replay --per-second fast": (
        "--per-second: 'fast' không phải là số.",
        "--per-second: 'fast' is not a number.",
    ),
    "deliveries replay --per-second 0": (
        "--per-second: '0' quá nhỏ, ít nhất là 0.01.",
        "--per-second: '0' is too small, it is at least 0.01.",
    ),
    "clients rotate a --reason x --expires-days 9999": (
        "--expires-days: '9999' quá lớn, nhiều nhất là 1830.",
        "--expires-days: '9999' is too large, it is at most 1830.",
    ),
    "deliveries resolve 5 perhaps --reason x": (
        "found: 'perhaps' không thuộc các giá trị: delivered | absent.",
        "found: 'perhaps' is none of delivered | absent.",
    ),
    "deliveries cancel 5": ("Thiếu --reason.", "--reason is missing."),
    "archive erase": ("Thiếu <dossier>.", "<dossier> is missing."),
    "deliveries cancel 5 --reason": (
        "--reason cần một giá trị theo sau.",
        "--reason needs a value behind it.",
    ),
    "verify --full=yes": ("--full không nhận giá trị.", "--full takes no value."),
    "verify --ful": (
        "Không có tùy chọn --ful. Có phải ý bạn là --full?",
        "There is no option --ful. Did you mean --full?",
    ),
    "verfy": (
        "Không có lệnh 'verfy'. Có phải ý bạn là verify?",
        "There is no command 'verfy'. Did you mean verify?",
    ),
    "deliveries quite_another": (
        "Không có lệnh 'quite_another'.",
        "There is no command 'quite_another'.",
    ),
    "verify now": ("Thừa: now.", "Too much: now."),
    "--nothing": ("Không có tùy chọn --nothing.", "There is no option --nothing."),
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("typed", WRONG)
def test_a_mistake_is_named_in_the_language_of_the_reader(typed: str, language: Language) -> None:
    """On standard error, with where the help is, and exit code 2; nothing of a library's words."""
    result = CliRunner().invoke(app, typed.split(), env={"HUB_LANGUAGE": language})
    assert (result.exit_code, result.stdout) == (2, "")
    line, see = result.stderr.splitlines()
    assert line == WRONG[typed][language is Language.EN]
    assert re.search(r": \S+( \S+)* --help$", see)


def test_a_mistake_gets_no_document() -> None:
    """A program reads the exit code; half a document would be read as an answer."""
    result = CliRunner().invoke(app, ["deliveries", "cancel", "5", "--json"])
    assert (result.exit_code, result.stdout) == (2, "")

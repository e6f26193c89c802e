"""The counter's file: what is wrong with it is named with line, key and what is allowed."""

import pytest

from hub.rules.counter.plan import packaged, parse
from hub.rules.toml.reading import TomlFileWrong

GOOD = """
[[category]]
code = "A"
vi = "Chứng thực"
en = "Certification"

[[desk]]
name = "1"
categories = ["A"]
"""


def test_the_packaged_plan_serves_every_category() -> None:
    """Nobody waits for a desk that does not exist."""
    plan = packaged()
    served = {code for desk in plan.desks.values() for code in desk.categories}
    assert served == plan.categories.keys()


@pytest.mark.parametrize(
    ("text", "line", "key", "word"),
    [
        (GOOD.replace('code = "A"', 'code = "a"'), 3, "category.code", "A-Z"),
        (GOOD.replace('name = "1"', 'name = "quầy 1"'), 8, "desk.name", "without spaces"),
        (GOOD.replace('["A"]', '["B"]'), 9, "desk.categories", "there are: A"),
        (GOOD.replace('name = "1"\n', ""), 7, "desk.name", "is missing"),
        (GOOD + GOOD, 12, "category.code", "A stands above already"),
        (GOOD + "[kiosk]\n", 10, "kiosk", "category, desk"),
        ('[[category]]\ncode = "A"\nvi = "a"\nen = "a"\n', 1, "desk", "is missing"),
    ],
)
def test_what_is_wrong_is_named(text: str, line: int, key: str, word: str) -> None:
    """An officer finds the line."""
    with pytest.raises(TomlFileWrong) as found:
        parse(text, "counter.toml")
    problem = found.value.text.en
    assert f"{line}" in problem
    assert key in problem
    assert word in problem

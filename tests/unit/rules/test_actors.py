"""Who decided: a person's name, never an account, never nobody."""

import pytest

from hub.rules.actors import AUTOMATIC, LONGEST, NotNamed, signed


@pytest.mark.parametrize("name", ["Trần Thị Bình", "Nguyen Van An", "H’Hen Niê", "Ê-đê Y Moan"])
def test_a_full_name_is_taken_with_the_system_user(name: str) -> None:
    """The audit shows the person, and under which user of the machine the command ran."""
    assert signed(name, "hub, uid 10001") == f"{name} (hub, uid 10001)"
    assert signed(f"  {name.replace(' ', chr(10))} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "cli",
        "root",
        "An",
        "An 1",
        "a b;",
        "000123456789",
        "x " * LONGEST,
        *sorted(AUTOMATIC),
    ],
)
def test_what_is_no_full_name_is_refused_with_what_to_do(name: str) -> None:
    """Both languages name the option and the setting; an account name signs nothing."""
    with pytest.raises(NotNamed) as refused:
        signed(name)
    for text in refused.value.text:
        assert "--actor" in text
        assert "HUB_OPERATOR" in text


def test_one_spelling_of_a_name_is_one_actor() -> None:
    """Composed and decomposed letters of the same name give the same text."""
    assert signed("Bi\u0300nh A") == signed("B\u00ecnh A")

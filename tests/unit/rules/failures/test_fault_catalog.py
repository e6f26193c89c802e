"""The fault dictionary is complete, and its partners' parts are what the adapters really do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.provincial import faults as province
from adapters.provincial.profile import shipped as province_profile
from adapters.town_center import faults as town
from adapters.town_center.contract import ReplyCode
from adapters.town_center.profile import shipped as town_profile
from adapters.wire import replies
from adapters.wire.reading.code_table import FAILURES
from hub.bootstrap.installation import FAULT_DATA
from hub.gateway.v1.problems import guide
from hub.rules.failures import fault_catalog
from hub.rules.failures.errors import FAULTS, FaultClass, is_certain, kept_code, unknown_code
from hub.rules.failures.fault_catalog import Explanation
from hub.rules.failures.login_remedies import TASKS, remedy_of
from hub.texts import Text
from tests.support.documents.runbook_pages import fault_codes
from tests.support.documents.sources import modules, tree_of
from tests.support.documents.text_uses import catalogue

ENTRIES = fault_catalog.load(FAULT_DATA)


def of(partner: str) -> dict[str, str]:
    """Return our code by the partner's."""
    return {it.code: it.ours for it in ENTRIES if it.partner == partner}


def test_every_fault_code_is_explained_and_nothing_else() -> None:
    """Both ways, in the order of the table, in both languages; a code that refuses a caller too."""
    texts = [id.partition(".")[2] for id in catalogue() if id.startswith("faults.")]
    assert {code for code in texts if not code.endswith("_to_do")} == set(FAULTS)
    refusals = {it.code for it in FAULTS.values() if it.fault_class is FaultClass.REFUSED}
    assert list(of("")) == list(FAULTS)
    assert {code for code, ours in of("").items() if not ours} == refusals
    assert all(it.to_do["vi"] and it.to_do["en"] and it.cause["vi"] for it in ENTRIES)


def test_every_code_that_refuses_stands_in_the_table_with_its_status() -> None:
    """A refusal of the gateway needs a row: a code without one would end as a fault of the hub."""
    used = {code for path in modules("hub/gateway") for code in _refused_in(tree_of(path))}
    assert len(used) > 30
    assert {code for code in used if code not in FAULTS or not FAULTS[code].status} == set()


_REFUSING = {"RefusedCall", "CallerRefused", "InvalidMessage", "_refuse", "_stop", "refused"}


def _refused_in(tree: ast.Module) -> Iterator[str]:
    """Yield the code of each call that refuses: its first argument that is a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _REFUSING:
            texts = [it.value for it in node.args if isinstance(it, ast.Constant)]
            yield from (str(code) for code in texts[:1])


@pytest.mark.parametrize("own", [it for it in ENTRIES if not it.partner], ids=lambda it: it.code)
def test_runbook_command_and_gateway_say_the_same_of_a_code(own: Explanation) -> None:
    """Each sentence stands once in the catalogue, so that nobody reads two of them."""
    answer = guide(own.code)
    assert answer is not None
    assert (answer["title"], answer["action"]) == (own.cause["vi"], own.to_do["vi"])
    assert (answer["title_en"], answer["action_en"]) == (own.cause["en"], own.to_do["en"])
    page = fault_codes()
    assert all(sentence in page for sentence in (*own.cause.values(), *own.to_do.values()))
    if own.code in TASKS:
        assert remedy_of(own.code) == Text(**own.to_do)


def test_the_provinces_codes_are_those_of_its_adapter() -> None:
    """Reply codes and SOAP faults, with the code of ours that they become."""
    codes = province_profile().codes
    failures = {code: FAILURES[it.means][1] for code, it in codes.items() if it.means in FAILURES}
    soap = {name: ours for name, (_, ours) in province.SOAP_FAULTS.items()}
    found = of("provincial")
    assert {code: found[code] for code in failures | soap} == failures | soap
    every = {code for code in codes if code != "0"} | soap.keys()
    assert found.keys() == every


def test_the_towns_codes_are_those_of_its_adapter() -> None:
    """Every failure code, and what is no failure."""
    codes = town_profile().codes
    assert of("town_center") == {
        ReplyCode.EXISTS.value: "",
        **{
            code: town.FAILURES[it.means][1]
            for code, it in codes.items()
            if it.means in town.FAILURES
        },
    }


def test_the_http_statuses_are_those_of_the_wire() -> None:
    """Single statuses, their classes, and 503 with a date."""
    assert of("http") == {
        **{f"HTTP {status}": ours for status, (_, ours) in replies.STATUSES.items()},
        "HTTP 503": "partner_busy",
        **{f"HTTP {kind}xx": ours for kind, (_, ours) in replies._CLASSES.items()},
    }


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("77", "77"),
        ("-12", "-12"),
        ("E.4_b", "E.4_b"),
        ("000123456789 A", "##A~145f92"),
        ("", "#~e3b0c4"),
        (77, "77"),
    ],
)
def test_an_unknown_code_is_kept_readable_and_nothing_personal(said: object, kept: str) -> None:
    """It has a field of its own, and what could be somebody's number is not in it."""
    failure = unknown_code(said, "HTTP 200")
    assert (failure.partner_code, failure.detail) == (kept, f"their code {kept}, HTTP 200")
    assert is_certain(kept)


def test_different_codes_stay_different_when_something_is_left_out() -> None:
    """Six digits may be a citizen's number or a code: two of them are never taken for one."""
    codes = [*map(str, range(100_000, 100_200)), "#", "##", "~", "", " ", "E" * 40, "E" * 41]
    codes += ["E" * 50, "\ud800", "123456 A", "123457 A", "Nguyễn", "Nguyên"]
    kept = [kept_code(code) for code in codes]
    assert len(set(kept)) == len(codes)
    assert all(len(code) <= 40 for code in kept)
    assert not any(code in text for code in codes[:200] for text in kept)


@pytest.mark.parametrize(("kept", "certain"), [("#", False), ("##A", False), ("E.4_b", True)])
def test_what_was_kept_without_a_hash_may_be_several_codes(kept: str, certain: bool) -> None:
    """So were codes kept before."""
    assert is_certain(kept) is certain


def test_a_broken_dictionary_is_refused(tmp_path: Path) -> None:
    """A code of ours that does not exist, and a mender that does not exist."""
    row = '[[reply]]\ncode="1"\nours="nothing"\nwho=["nobody"]\n'
    row += 'cause_vi=""\ncause_en=""\nvi=""\nen=""\n'
    (tmp_path / "f.toml").write_text(row)
    with pytest.raises(fault_catalog.DictionaryBroken, match=r"nobody.*nothing"):
        fault_catalog.load({"x": tmp_path / "f.toml"})

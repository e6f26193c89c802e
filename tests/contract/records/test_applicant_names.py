"""Applicants' names in the store: found by their words, written and gone with their dossier."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.messages.payloads import Applicant
from hub.rules.names import words
from hub.rules.users.scope import ALL, Scope
from hub.store.archive import erasing, rows
from hub.store.console import finding_names
from hub.store.console.finding_names import NameCursor
from hub.store.engine.store import Store, Tx
from hub.store.records import dossiers
from hub.store.schema.tables.records import dossier_names
from tests.contract.records.test_batch_state import dossier
from tests.support.works import now, number

PEOPLE = {
    1: "Nguyễn Văn Á",
    2: "Nguyễn Thị An",
    3: "NGUYỄN VĂN AN",
    4: "Trần Văn Nguyên",
    5: "Đặng Thị Hòa",
    6: "Hồ Ka-Lăn",
    7: "Lê Lan Linh",
}


@pytest.fixture
def people(store: Store) -> Store:
    """Dossiers of seven persons; the sixth is of another sector."""
    with store.write() as tx:
        for n, name in PEOPLE.items():
            add(tx, n, name, "land" if n != 6 else "justice")
    return store


def add(tx: Tx, n: int, name: str, sector: str = "land") -> None:
    """Have a dossier of a person."""
    made = replace(dossier(number(n)), applicant=Applicant(name=name), sector=sector)
    assert dossiers.add(tx, made)


def found(store: Store, typed: str, scope: Scope = ALL) -> list[int]:
    """Return whose dossiers are found, over all pages."""
    hits: list[str] = []
    after: NameCursor | None = None
    with store.read() as tx:
        while True:
            page = finding_names.find(tx, words(typed), scope, after=after)
            hits += [it.number for it in page.rows]
            if page.next is None:
                break
            after = page.next
    assert len(hits) == len(set(hits)), "a dossier stands on one page"
    return sorted(n for n in PEOPLE if number(n) in hits)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("nguyen van a", [1, 3]),
        ("Nguyễn Văn Á", [1, 3]),
        ("nguye\u0302\u0303n va\u0306n a\u0301", [1, 3]),
        ("an nguyen", [2, 3]),
        ("nguy", [1, 2, 3, 4]),
        ("tran nguyen", [4]),
        ("dang hoa", [5]),
        ("HOÀ", [5]),
        ("ka lan", [6]),
        ("l", [6, 7]),
        ("lan l", [7]),
        ("nguyen tran van an", []),
        ("van nguyen", [1, 3, 4]),
        ("zzz", []),
        ("…", []),
    ],
)
def test_words_find_whoever_has_them_all(
    people: Store, typed: str, expected: Sequence[int]
) -> None:
    """In any order, each by its beginning, with or without marks."""
    assert found(people, typed) == expected


def test_it_goes_on_page_by_page_and_stretch_by_stretch(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a page ends among equal names, or a stretch has nobody."""
    expected = {"nguyen": [1, 2, 3, 4], "nguyen a": [1, 2, 3], "van": [1, 3, 4], "thi": [2, 5]}
    expected |= {"le": [7], "l lan": [7]}
    for page, stretch in ((1, 50), (2, 3), (20, 1), (20, 2)):
        for name, length in (("PAGE", page), ("STRETCH", stretch), ("STRETCH_OF_SCOPE", stretch)):
            monkeypatch.setattr(finding_names, name, length)
        for typed, whose in expected.items():
            assert found(people, typed) == whose
            assert found(people, typed, Scope(sectors=frozenset({"land"}))) == whose


def test_an_officer_finds_the_own_sector(people: Store) -> None:
    """What another sector has is not there."""
    assert found(people, "ho", Scope(sectors=frozenset({"justice"}))) == [6]
    assert found(people, "ho", Scope(sectors=frozenset({"land"}))) == [5]
    assert found(people, "ho", Scope(partners=frozenset({"provincial"}))) == []


def test_no_name_outlives_its_dossier(people: Store) -> None:
    """Erased, archived, and not taken in at all; one that comes back is found again."""
    with people.write() as tx:
        assert not dossiers.add(tx, dossier(number(1)))
        erasing.erase(tx, number(1), now=now())
        (gone,) = rows.load(tx, [number(2)], lock=True)
        rows.delete(tx, [gone])
    assert _indexed(people) == {number(n) for n in (3, 4, 5, 6, 7)}
    with people.write() as tx:
        rows.put_back(tx, gone, rows.COLUMNS)
    assert found(people, "nguyen") == [2, 3, 4]


def _indexed(store: Store) -> set[str]:
    with store.read() as tx:
        return set(tx.execute(sa.select(dossier_names.c.number)).scalars())

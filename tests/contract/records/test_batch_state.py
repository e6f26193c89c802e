"""Each function that has a batch at hand does what it does by itself, and none is forgotten."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

import hub.store
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, encode
from hub.rules.change_feed import ChangeKind
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal
from hub.store.records import batch_state, changes, dossiers, early_messages, legs, papers
from hub.store.records.dossier_batches import together
from hub.store.records.dossiers import Dossier, StatusEvent
from hub.store.schema.tables.changes import unnumbered_changes
from hub.store.schema.tables.exchange import outbox
from hub.store.schema.tables.records import dossier_events, dossier_files, dossier_names, leg_steps
from hub.store.schema.tables.records import dossiers as dossier_table
from hub.store.schema.tables.records import legs as leg_table
from tests.contract.records.test_dossier_batches import message
from tests.support.ward import LAND, MONDAY, progress, reception

THERE = ("000.99.01.H57-180806-0001", "000.99.01.H57-180806-0002")
MISSING = ("000.99.01.H57-180806-0003", "000.99.01.H57-180806-0004")
TABLES = (
    *(dossier_table, dossier_names, dossier_events, dossier_files),
    *(leg_table, leg_steps, unnumbered_changes),
)
ROW = re.compile(r"^    (\w+\.\w+) {2,}(\S.*?) {2,}(\S.*)$", re.MULTILINE)


def dossier(number: str) -> Dossier:
    """Return a dossier that goes to the town."""
    said = reception(LAND, number)
    return Dossier(
        number=number,
        procedure=said.procedure,
        sector="land",
        inter_level=True,
        channel=p.Channel(1),
        applicant=said.applicant,
        summary="",
        components=said.components,
        parcels=said.parcels,
        officer=said.officer,
        received_at=MONDAY,
        due_at=MONDAY,
        first_due_at=MONDAY,
        status=p.Status.PROCESSING,
        status_at=MONDAY,
    )


def file(component: str) -> Attachment:
    """Return a file."""
    sha256 = component.encode().hex().rjust(64, "0")
    return Attachment(
        name="a.pdf", media_type="application/pdf", size=1, sha256=sha256, component=component
    )


def town_step(number: str, sequence: int, step: p.TownStep) -> p.TownStepReported:
    """Return a step of the town."""
    return p.TownStepReported(number=number, sequence=sequence, step=step, at=MONDAY, officer="Lê")


def event(number: str) -> StatusEvent:
    """Return a step of a dossier."""
    status = p.Status.PROCESSING
    return StatusEvent(
        number=number, message_id="m", status=status, at=MONDAY, officer="Lê", unit="Tư pháp"
    )


ACTS: Mapping[str, Callable[[Tx, str], object]] = {
    "dossiers.get": dossiers.get,
    "dossiers.add": lambda tx, n: dossiers.add(tx, dossier(n)),
    "dossiers.save": lambda tx, n: dossiers.save(tx, replace(dossier(n), version=7)),
    "dossiers.add_event": lambda tx, n: dossiers.add_event(tx, event(n)),
    "papers.add_files": lambda tx, n: papers.add_files(
        tx, n, [file("B"), file("A"), file("B")], message_id="m"
    ),
    "papers._papers_of": papers.files_of,
    "papers.count_of": papers.count_of,
    "papers.give_papers": papers.give_papers,
    "legs.open_leg": lambda tx, n: legs.open_leg(tx, n, at=MONDAY),
    "legs.leg_of": legs.leg_of,
    "legs.set_child": lambda tx, n: legs.set_child(tx, n, "T-1"),
    "legs.set_wanted": lambda tx, n: legs.set_wanted(tx, n, 3),
    "legs.end_leg": lambda tx, n: legs.end_leg(tx, n, at=MONDAY),
    "legs.keep_step": lambda tx, n: legs.keep_step(
        tx, town_step(n, 5, p.TownStep.MOVED_ON), message_id="m"
    ),
    "legs.next_step": lambda tx, n: legs.next_step(tx, n, 2),
    "legs.advance_leg": lambda tx, n: legs.advance_leg(
        tx, town_step(n, 2, p.TownStep.AWAITING_SUPPLEMENT), message_id="m"
    ),
    "changes.add": lambda tx, n: changes.add(
        tx, n, ChangeKind.RESULT, "9", at=MONDAY, message_id="m"
    ),
    "early_messages.wake": lambda tx, n: len(early_messages.wake(tx, n)),
}


def table() -> dict[str, tuple[str, str]]:
    """Return the table of `batch_state`: function -> statements by itself, what it does at hand."""
    assert batch_state.__doc__ is not None
    return {name: (alone, hand) for name, alone, hand in ROW.findall(batch_state.__doc__)}


def asking() -> Iterator[str]:
    """Yield the functions of the store that ask whether a dossier is at hand."""
    for module in pkgutil.walk_packages(hub.store.__path__, "hub.store."):
        source = importlib.import_module(module.name).__file__
        if ".migrations" in module.name or module.name == batch_state.__name__ or source is None:
            continue
        for node in ast.parse(Path(source).read_text(encoding="utf-8")).body:
            asks = "batch_state.holding(" in ast.unparse(node)
            if asks and isinstance(node, ast.FunctionDef):
                yield f"{module.name.rpartition('.')[2]}.{node.name}"


def test_the_table_names_every_function_that_asks() -> None:
    """A new one has to be tried in both ways; a statement that it names is there."""
    assert set(table()) == set(asking()) == set(ACTS)
    for function, (alone, _) in table().items():
        module = importlib.import_module(f"hub.store.records.{function.split('.')[0]}")
        for name in alone.split(", "):
            assert hasattr(module, name), f"{function}: {name}"


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with two dossiers, each with a leg, a kept step, a paper, an early message."""
    with store.write() as tx:
        for n, number in enumerate(THERE):
            dossiers.add(tx, dossier(number))
            legs.open_leg(tx, number, at=MONDAY)
            step = town_step(number, 2, p.TownStep.AWAITING_SUPPLEMENT)
            legs.keep_step(tx, step, message_id="m")
            papers.add_files(tx, number, [file("A")], message_id="m")
            early = message(n, progress(p.Status.PROCESSING, 1), number)
            early_messages.keep(tx, journal.JournalEntry(early, encode(early)), MONDAY)
    return store


def outcome(store: Store, function: str, number: str, *, hand: bool) -> object:
    """Return what a function answers, and the rows that it leaves, without the number."""
    try:
        with store.write() as tx, together(tx, [number]) if hand else nullcontext():
            answer = repr(ACTS[function](tx, number))
    except sa.exc.IntegrityError as error:
        answer = type(error).__name__
    with store.read() as tx:
        rows = [
            [
                tuple(value for name, value in row.items() if name not in ("id", "number"))
                for row in tx.execute(sa.select(it).where(it.c.number == number)).mappings()
            ]
            for it in TABLES
        ]
        asked = tx.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
    return answer.replace(number, "..."), rows, asked


@pytest.mark.parametrize("function", ACTS)
@pytest.mark.parametrize("numbers", [THERE, MISSING], ids=["there", "missing"])
def test_at_hand_a_function_does_what_it_does_by_itself(
    filled: Store, function: str, numbers: tuple[str, str]
) -> None:
    """Its answer and the rows that it leaves, whether the dossier is there or not."""
    alone = outcome(filled, function, numbers[0], hand=False)
    with filled.write() as tx:
        tx.execute(sa.delete(outbox))
    assert outcome(filled, function, numbers[1], hand=True) == alone

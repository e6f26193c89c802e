"""The command `hub`, as a person types it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg.errors import AdminShutdown, DeadlockDetected, UndefinedColumn
from typer.testing import CliRunner, Result

from hub import operations
from hub.cli import app
from hub.cli.deliveries import replay
from hub.exchange.outbox.emit import emit
from hub.records.deadlines.calendar import local
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import FAULTS
from hub.store.deliveries import pauses, transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries as delivery_table
from tests.support.partners.partner import Partner
from tests.support.services import RabbitService
from tests.support.works import now, number, record, step


@pytest.fixture
def store(installed: Store) -> Store:
    """The store of the installation that the commands look at."""
    return installed


@pytest.fixture
def province(monkeypatch: pytest.MonkeyPatch) -> Callable[[Partner], None]:
    """Makes a partner in this process the province of the installation."""

    def place(partner: Partner) -> None:
        monkeypatch.setattr(replay, "make_destinations", lambda _: [partner])

    return place


def hub(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(words))


def one_dead(store: Store) -> int:
    """Say two steps of a dossier; the first one is refused by the province."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(1, 2)], now())
        lease = now()
        (claimed,) = transitions.claim(tx, [1, 2], "provincial", now=now(), lease_until=lease)
        transitions.kill(
            tx, claimed.id, from_state=S.SENDING, code="partner_refused", detail="no code"
        )
    return claimed.id


def test_topology_apply_then_plan_shows_no_difference(
    rabbit: RabbitService, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of an empty broker differs; after apply it does not."""
    with rabbit.own_vhost() as url:
        monkeypatch.setenv("HUB_BROKER_URL", url)
        monkeypatch.setenv("HUB_BROKER_MANAGEMENT_URL", rabbit.management_url)
        assert hub("topology", "plan").exit_code == 1
        assert "No difference" in hub("topology", "apply").output
        plan = hub("topology", "plan")
        assert (plan.exit_code, "No difference" in plan.output) == (0, True)
        doctor = hub("doctor")
        assert doctor.exit_code == 0, doctor.output
    assert hub("topology", "validate").exit_code == 0
    assert '"x-queue-type": "quorum"' in hub("topology", "export").output
    assert store.name == "sqlite"


def test_a_person_finds_and_replays_what_is_stuck(
    store: Store, province: Callable[[Partner], None]
) -> None:
    """stuck names it with its cause, replay sends it again, audit remembers who and why."""
    province(Partner())
    id = one_dead(store)
    assert "partner_refused" in hub("deliveries", "attention").output
    sent = hub("deliveries", "replay", str(id), "--reason", "corrected at the province")
    assert (sent.exit_code, "Sent again" in sent.output) == (0, True)
    assert hub("deliveries", "replay", str(id), "--reason", "again").exit_code == 1
    assert hub("deliveries", "replay", "999", "--reason", "x").exit_code == 1
    # planned, run, replayed, finished
    assert "audit: 4 rows, the chain is whole" in hub("audit", "verify").output


def test_what_the_partner_has_is_not_replayed_but_settled(
    store: Store, province: Callable[[Partner], None]
) -> None:
    """A single replay asks first; the word is plain and what waits behind it goes on."""
    partner = Partner()
    partner.ledger.append((number(1), 1))
    province(partner)
    id = one_dead(store)
    done = hub("deliveries", "replay", str(id), "--reason", "fixed")
    assert (done.exit_code, "has it already" in done.output) == (0, True)
    with store.read() as tx:
        states = [transitions.place_of(tx, one, lock=False)[0] for one in (id, id + 1)]
    assert states == [S.DELIVERED, S.PENDING]


def test_what_a_newer_record_replaces_is_not_replayed(
    store: Store, province: Callable[[Partner], None]
) -> None:
    """Old data is not sent over newer data: superseded, and the newer one goes out."""
    province(Partner())
    with store.write() as tx:
        emit(tx, [record(1, 2), record(1, 3)], now())
        transitions.claim(tx, [1], "provincial", now=now(), lease_until=now())
        transitions.kill(tx, 1, from_state=S.SENDING, code="partner_refused", detail="")
    with pytest.raises(StateConflict):
        operations.replay(store, 1, actor="officer", reason="x", now=now())
    done = hub("deliveries", "replay", "1", "--reason", "fixed")
    assert (done.exit_code, "superseded" in done.output) == (0, True)
    with store.read() as tx:
        states = [transitions.place_of(tx, one, lock=False)[0] for one in (1, 2)]
    assert states == [S.SUPERSEDED, S.PENDING]


def test_a_partner_that_cannot_be_asked_is_sent_to_only_when_a_person_says_so(
    store: Store,
) -> None:
    """No address is set: it stays dead and the command says how to send all the same."""
    id = one_dead(store)
    refused = hub("deliveries", "replay", str(id), "--reason", "fixed")
    assert (refused.exit_code, "--unasked" in refused.output) == (1, True)
    with store.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.DEAD
    assert hub("deliveries", "replay", str(id), "--unasked", "--reason", "fixed").exit_code == 0
    with store.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.PENDING


def test_a_cancelled_delivery_lets_the_next_one_go(store: Store) -> None:
    """And the balance still holds."""
    id = one_dead(store)
    assert hub("deliveries", "cancel", str(id), "--reason", "entered by hand").exit_code == 0
    balance = hub("verify")
    assert balance.exit_code == 0
    assert "cancelled" in balance.output
    with store.read() as tx:
        assert transitions.place_of(tx, id + 1)[0] is S.PENDING


def test_a_delivery_that_is_not_ambiguous_cannot_be_resolved(store: Store) -> None:
    """The command says why and changes nothing."""
    id = one_dead(store)
    result = hub("deliveries", "resolve", str(id), "delivered", "--reason", "seen")
    assert result.exit_code == 1
    assert "Not done" in result.output
    assert hub("deliveries", "resolve", "999", "absent", "--reason", "x").exit_code == 1


def test_the_balance_names_what_does_not_add_up(store: Store) -> None:
    """A message whose delivery is gone is found by its id, and the command fails."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], now())
        tx.execute(sa.delete(delivery_table).where(delivery_table.c.message_id == "m-1-1"))
    quick = hub("verify")
    assert (quick.exit_code, "hub verify --full" in quick.output) == (1, True)
    balance = hub("verify", "--full")
    assert balance.exit_code == 1
    assert "m-1-1" in balance.output
    assert "m-2-1" not in balance.output


def test_rebuild_asks_again(store: Store) -> None:
    """For everything unsettled that is not waiting for a person."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], now())
    assert "2 deliveries" in hub("broker", "requeue").output


def test_wrong_settings_end_with_code_2_and_every_problem(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with a traceback."""
    monkeypatch.setenv("HUB_HTTP_PORT", "x")
    monkeypatch.setenv("HUB_NOTHING", "y")
    result = hub("verify")
    assert result.exit_code == 2
    assert "HUB_HTTP_PORT" in result.output
    assert "HUB_NOTHING" in result.output
    assert store.name == "sqlite"


@pytest.mark.parametrize(
    "words",
    [("demo", "--faults", "maybe"), ("simulate", "ministry"), ("topology", "plan")],
)
def test_a_wrong_word_ends_with_code_2(store: Store, words: tuple[str, ...]) -> None:
    """A mistyped option, an unknown partner, no broker."""
    assert hub(*words).exit_code == 2
    assert store.name == "sqlite"


def test_the_demo_clears_no_directory_but_its_own(tmp_path: Path) -> None:
    """Whoever names a wrong one loses nothing."""
    kept = tmp_path / "letters" / "letter.txt"
    kept.parent.mkdir()
    kept.write_text("dear", encoding="utf-8")
    for place in (kept.parent, kept):
        result = hub("demo", "--directory", str(place))
        assert (result.exit_code, place.name in result.output.replace("\n", "")) == (2, True)
    assert kept.read_text(encoding="utf-8") == "dear"


def test_a_broker_that_is_away_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """doctor refuses, and says what to do."""
    monkeypatch.setenv("HUB_BROKER_URL", "amqp://a:b@127.0.0.1:1/")
    result = hub("doctor")
    assert result.exit_code == 1
    assert "HUB_BROKER_URL" in result.output
    assert hub("topology", "plan").exit_code == 3
    assert store.name == "sqlite"


def test_a_plan_is_shown_and_run_once(store: Store, province: Callable[[Partner], None]) -> None:
    """--plan says what would be done; --run does it; a second --run sends nothing and says so."""
    partner = Partner()
    partner.ledger.append((number(1), 1))
    province(partner)
    id = one_dead(store)
    assert hub("deliveries", "replay", "--run", "1", "--reason", "x").exit_code == 1
    plan = hub("deliveries", "replay", "--plan", "--code", "partner_refused")
    assert (plan.exit_code, "already there" in plan.output) == (0, True)
    with store.read() as tx:
        assert transitions.place_of(tx, id)[0] is S.DEAD
    run = hub("deliveries", "replay", "--run", "1", "--reason", "entered by hand")
    assert (run.exit_code, "1 settled" in run.output) == (0, True)
    with store.read() as tx:
        assert transitions.place_of(tx, id)[0] is S.DELIVERED
        assert transitions.place_of(tx, id + 1)[0] is S.PENDING
    again = hub("deliveries", "replay", "--run", "1", "--reason", "x")
    assert (again.exit_code, "Nothing sent" in again.output) == (0, True)
    assert "the chain is whole" in hub("audit", "verify").output


@pytest.mark.parametrize("words", [(), ("7",), ("--run", "1"), ("7", "--run", "1")])
def test_a_replay_without_a_reason_or_a_choice_sends_nothing(
    store: Store, words: tuple[str, ...]
) -> None:
    """The command is wrong, and says what it wants."""
    assert hub("deliveries", "replay", *words).exit_code == 2
    assert store.name == "sqlite"


def test_a_corrected_copy_is_shown_before_it_is_sent(store: Store, tmp_path: Path) -> None:
    """write, correct, look, send; the difference masks personal data."""
    id, file = one_dead(store), tmp_path / "c.json"
    assert hub("deliveries", "resend", str(id), "--write", "--file", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    assert hub("deliveries", "resend", str(id), "--write", "--file", str(file)).exit_code == 1
    text = file.read_text(encoding="utf-8")
    text = text.replace("Địa chính", "Tư pháp").replace('"noiDungXuLy": ""', '"noiDungXuLy": "Mẫu"')
    file.write_text(text, encoding="utf-8")
    shown = hub("deliveries", "resend", str(id), "--file", str(file))
    assert (shown.exit_code, "Nothing sent" in shown.output) == (0, True)
    assert ("Tư pháp" in shown.output, "Mẫu" in shown.output) == (True, False)
    sent = hub("deliveries", "resend", str(id), "--file", str(file), "--reason", "wrong unit")
    assert sent.exit_code == 0
    with store.read() as tx:
        assert transitions.place_of(tx, id)[0] is S.CANCELLED
        assert transitions.place_of(tx, id + 1)[0] is S.HELD
        assert transitions.place_of(tx, id + 2)[0] is S.PENDING
    assert hub("deliveries", "resend", str(id), "--file", str(file), "--reason", "x").exit_code == 1
    assert hub("verify").exit_code == 0


def test_a_correction_that_cannot_be_read_is_refused_in_a_sentence(
    store: Store, tmp_path: Path
) -> None:
    """A file that is not there, or holds no JSON, with its name and what is wrong."""
    id, file = one_dead(store), tmp_path / "c.json"
    missing = hub("deliveries", "resend", str(id), "--file", str(file))
    assert (missing.exit_code, "[Errno" in missing.output) == (1, False)
    assert f"Not done: the file {file} cannot be used: " in missing.output
    file.write_text("{", encoding="utf-8")
    broken = hub("deliveries", "resend", str(id), "--file", str(file))
    assert (broken.exit_code, "Not done: " in broken.output) == (1, True)
    assert str(FAULTS["json_broken"].text) in broken.output


@pytest.mark.parametrize("words", ["partners pauses", "verify", "deliveries attention"])
def test_a_pause_whose_time_is_over_is_told_as_what_it_is(store: Store, words: str) -> None:
    """Nobody reads an end that lies in the past, nor of a trial while nothing is being sent."""
    minute = timedelta(minutes=1)
    pause = pauses.Pause(
        destination="provincial",
        operation="province.progress",
        kind="circuit",
        phase="half_open",
        openings=1,
        since=now() - 2 * minute,
        until=now() - minute,
        expires_at=now() + minute,
        code="partner_unreachable",
        reason_vi="Đường truyền",
        reason_en="The line",
    )
    with store.write() as tx:
        pauses.post(tx, pause)
    over = f"{local(pause.until):%d/%m/%Y %H:%M:%S}"
    quiet = " ".join(hub(*words.split()).output.split())
    assert ("the next delivery tries" in quiet, "being tried" in quiet) == (True, False)
    with store.write() as tx:
        emit(tx, [step(1, 1)], now())
        transitions.claim(tx, [1], "provincial", now=now(), lease_until=now() + minute)
    trying = " ".join(hub(*words.split()).output.split())
    assert ("the next delivery tries" in trying, "being tried" in trying) == (False, True)
    assert over not in quiet + trying


def test_a_refused_cancel_is_read_in_the_language_of_the_process(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another delivery gave way to is cancelled only with --neither."""
    with store.write() as tx:
        emit(tx, [record(1, 2), record(1, 3)], now())
        transitions.claim(tx, [1], "provincial", now=now(), lease_until=now())
        transitions.wait(tx, 1, from_state=S.SENDING, when=now(), code="partner_busy", detail="")
        transitions.supersede(tx, 1, from_state=S.WAITING, now=now())
        transitions.release_followers(tx, "provincial", [number(1)], now())
    for language, words in (("vi", "thêm --neither"), ("en", "delivery 1 was superseded by it")):
        monkeypatch.setenv("HUB_LANGUAGE", language)
        told = hub("deliveries", "cancel", "2", "--reason", "by phone")
        assert (told.exit_code, words in told.output) == (1, True)
    assert hub("deliveries", "cancel", "2", "--reason", "by phone", "--neither").exit_code == 0


@pytest.mark.parametrize("cause", [DeadlockDetected(), AdminShutdown()], ids=["ring", "away"])
def test_a_store_that_is_busy_or_away_is_told_without_a_traceback(
    store: Store, monkeypatch: pytest.MonkeyPatch, cause: Exception
) -> None:
    """In plain words, and that trying again is safe; a lasting fault is not hidden."""
    id = one_dead(store)

    def fails(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("UPDATE", {}, cause)

    with monkeypatch.context() as patched:
        patched.setattr(operations, "cancel", fails)
        told = hub("deliveries", "cancel", str(id), "--reason", "by phone")
        cause = UndefinedColumn()
        lasting = hub("deliveries", "cancel", str(id), "--reason", "by phone")
    assert (told.exit_code, isinstance(told.exception, SystemExit)) == (3, True)
    assert "try again" in told.output
    assert isinstance(lasting.exception, sa.exc.OperationalError)
    assert hub("deliveries", "cancel", str(id), "--reason", "by phone").exit_code == 0

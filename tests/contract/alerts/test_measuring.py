"""What is measured of a store: every signal, on either database, by what stands in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.messages.partners import PROVINCIAL
from hub.operations.alerts.local_measuring import LocalMeasuring
from hub.operations.alerts.measuring import FROM_STORE, StoreMeasuring
from hub.ports import BrokerUnavailable
from hub.rules.alerts.signals import SIGNALS
from hub.rules.devices.health import DeviceFinding
from hub.rules.owners import WARD_IT
from hub.store.devices import states
from hub.store.engine.store import Store
from hub.store.monitoring import heartbeats
from hub.store.repair import tasks
from hub.store.repair.replies import fault_classes
from hub.texts import Text

NOW = datetime.now(UTC)


def measured(store: Store) -> dict[tuple[str, str], float]:
    """Return the values by signal and subject."""
    found = StoreMeasuring(store, (PROVINCIAL,), lambda: NOW).measure(NOW)
    return {(it.signal, it.subject): it.value for it in found.samples}


def unreachable() -> None:
    """Be a broker that is away."""
    raise BrokerUnavailable("a test")


def test_every_signal_is_measured_somewhere(store: Store, tmp_path: Path) -> None:
    """A rule about a signal that nobody measures would be silent for ever."""
    here = LocalMeasuring(store=store, place=tmp_path, query_broker=unreachable).measure(NOW)
    lost = [it.value for it in here.samples if it.signal == "broker_lost"]
    assert lost == [True]
    outside = {name for name, it in SIGNALS.items() if it.is_outside}
    assert FROM_STORE | here.signals | outside == set(SIGNALS)
    away = LocalMeasuring(store=store, place=tmp_path).measure(NOW)
    assert "broker_lost" not in away.signals


def test_an_empty_store_has_nothing_to_be_told_of(store: Store) -> None:
    """Every value that is measured is a good one."""
    values = measured(store)
    assert values[("balance_wrong", PROVINCIAL)] == 0
    assert values[("open_count", PROVINCIAL)] == 0
    assert not [key for key in values if key[0] in ("oldest_open", "process_silent", "due_near")]


def test_each_device_that_is_not_up_is_measured_under_its_own_name(store: Store) -> None:
    """What its check found, in words; a device that is up has no sample."""
    found = {"scanner-1": (), "printer-1": (DeviceFinding("printer_jammed", "media-jam"),)}
    with store.write() as tx:
        for name, findings in found.items():
            states.keep(tx, name, kind="printer", place="quầy 2", findings=findings, now=NOW)
    samples = StoreMeasuring(store, (PROVINCIAL,), lambda: NOW).measure(NOW).samples
    troubled = [it for it in samples if it.signal == "device_trouble"]
    assert [(it.subject, it.value) for it in troubled] == [("printer-1", 1)]
    assert troubled[0].shown.en == "printer-1 (quầy 2): paper is jammed in the printer"


def test_a_process_that_went_silent_and_a_source_that_fails_are_measured(store: Store) -> None:
    """By host and roles, which stay the same when the process is started again."""
    beat_at = NOW - timedelta(minutes=3)
    with store.write() as tx:
        heartbeats.beat(
            tx,
            "ward/1",
            host="ward",
            roles="timer,relay",
            started_at=beat_at,
            now=beat_at,
            troubles="source.scanner: its folder is away; relay: no progress for 90 s",
        )
    values = measured(store)
    assert values[("process_silent", "ward timer,relay")] == 180
    assert values[("device_trouble", "scanner-1")] == 1
    assert values[("process_trouble", "ward timer,relay")] == 1


def test_tasks_become_counts_and_days(store: Store) -> None:
    """Of codes that nobody knows, of certificates that end, of what is overdue."""
    with store.write() as tx:
        for kind, subject, due in (
            (fault_classes.KIND, "a code", NOW - timedelta(hours=1)),
            ("certificate_ends", "gateway", NOW + timedelta(days=3)),
        ):
            finding = tasks.TaskFinding(
                kind=kind,
                subject=subject,
                destination=PROVINCIAL,
                owner=WARD_IT,
                detail=Text("", ""),
                repair=Text("", ""),
            )
            assert tasks.open_once(tx, finding, due_at=due, now=NOW)
    values = measured(store)
    assert values[("unknown_codes", PROVINCIAL)] == 1
    assert values[("tasks_overdue", WARD_IT)] == 1
    assert values[("certificate_days", "gateway")] == 3

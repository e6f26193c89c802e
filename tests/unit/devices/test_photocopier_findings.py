"""What a photocopier says is a finding, and what it leaves out or makes up is none of its words."""

import pytest

from adapters.devices.photocopier import printer_mib
from adapters.devices.photocopier.findings import COUNTED_FOR, PageCount, findings_of
from adapters.devices.photocopier.printer_mib import (
    COLUMNS,
    ERRORS,
    CopierReading,
    Level,
    Oid,
    read,
)
from hub.rules.devices.health import DeviceState, state_of


def state(reading: CopierReading) -> DeviceState:
    """Return the state that follows."""
    return state_of(findings_of(reading))


@pytest.mark.parametrize("error", ERRORS)
def test_every_bit_has_a_finding(error: str) -> None:
    """None of them is well."""
    assert state(CopierReading(status=2, errors=[error])) is not DeviceState.UP


def test_the_first_bit_is_the_highest_of_the_first_byte() -> None:
    """By RFC 2790, also where a device sends one byte only."""
    values: dict[Oid, int | bytes] = {(*COLUMNS[1], 1): b"\x81", (*COLUMNS[7], 1, 1): 1}
    reading = read(values)
    assert reading is not None
    assert reading.errors == ["lowPaper", "serviceRequested"]


def test_an_empty_tray_stops_only_a_machine_that_does_not_say_that_it_runs() -> None:
    """Without hrDeviceStatus nothing is assumed to go on."""
    errors = ["noPaper"]
    assert state(CopierReading(status=3, errors=errors)) is DeviceState.DEGRADED
    assert state(CopierReading(status=5, errors=errors)) is DeviceState.DOWN
    assert state(CopierReading(status=0, errors=errors)) is DeviceState.DOWN


def test_a_machine_that_is_down_is_down_whatever_explains_less() -> None:
    """With a low toner, and with no reason at all."""
    assert state(CopierReading(status=5)) is DeviceState.DOWN
    assert state(CopierReading(status=5, errors=["lowToner"])) is DeviceState.DOWN


def test_levels_that_are_not_counted_are_no_findings() -> None:
    """-1 no limit, -2 unknown, -3 at least one."""
    levels = [Level(f"tray {it}", it, 500) for it in (-1, -2, -3)]
    assert findings_of(CopierReading(status=2, trays=levels, supplies=levels)) == []


def test_impossible_values_count_for_nothing_else() -> None:
    """A level above its capacity, one below the defined ones, text in place of a number."""
    level, capacity = COLUMNS[5], COLUMNS[4]
    reading = read(
        {
            (*capacity, 1, 1): 500,
            (*level, 1, 1): 501,
            (*level, 1, 2): -4,
            (*level, 1, 3): b"\xff" * 200,
            (*COLUMNS[7], 1, 1): -1,
        }
    )
    assert reading is not None
    assert (reading.trays, reading.pages) == ([], None)
    assert len(reading.impossible) == 4
    assert [it.code for it in findings_of(reading)] == ["copier_reply_impossible"]


def test_a_device_without_the_mib_is_none_and_one_without_details_is_read() -> None:
    """Host-Resources alone is any computer."""
    assert read({(*COLUMNS[0], 1): 2}) is None
    assert read({(*printer_mib.PRINTER_MIB, 5, 1, 1, 1, 1): 3}) == CopierReading()


def test_a_counter_counts_anew_after_a_day() -> None:
    """A changed board counts from the beginning; the finding does not stay for ever."""
    count, day = PageCount(), COUNTED_FOR.total_seconds()
    assert count.findings(900, now=10) == []
    assert [it.evidence for it in count.findings(3, now=11)] == ["900 -> 3"]
    assert count.findings(None, now=12) == []
    assert count.findings(4, now=12 + day) == []
    assert [it.evidence for it in count.findings(2, now=13 + day)] == ["4 -> 2"]

"""A simulated province as a process, and dossiers and steps to send to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.settings import ProvincialSettings
from adapters.simulation.process import SimulatorProcess
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import (
    Applicant,
    Channel,
    Component,
    ProvinceDossier,
    ProvinceProgress,
    Status,
)
from hub.ports import Request

RECEIVED = datetime.fromisoformat("2018-07-24T08:30:00+07:00")
USERNAME, PASSWORD = "ward", "word-for-tests"
SCAN = Attachment(
    name="to-khai.pdf",
    media_type="application/pdf",
    size=1234,
    sha256="ab" * 32,
    component="TP1",
)


def start_province(place: Path, *arguments: str) -> SimulatorProcess:
    """Start a simulated province whose ledger and log are in `place`."""
    place.mkdir(parents=True, exist_ok=True)
    return SimulatorProcess.start(
        "adapters.provincial.simulator",
        ["--username", USERNAME, "--password", PASSWORD, *arguments],
        ledger=place / "province.db",
        log=place / "province.log",
    )


def settings_for(url: str, **changes: Any) -> ProvincialSettings:
    """Return settings that fit a simulator of `start_province`."""
    values: dict[str, Any] = {
        "url": url,
        "username": USERNAME,
        "password": PASSWORD,
        "agency": "000.99.01.H57",
        "file_base_url": "http://127.0.0.1:1/files",
        "reply_timeout": timedelta(seconds=20),
    }
    return ProvincialSettings(**(values | changes))


def dossier(number: str, **changes: Any) -> ProvinceDossier:
    """Return a civil-status dossier of July 2018 with one paper."""
    values: dict[str, Any] = {
        "number": number,
        "version": 1,
        "update": False,
        "procedure": "1.001193",
        "procedure_name": "Đăng ký khai sinh",
        "sector": "G15-TP07",
        "sector_name": "Hộ tịch",
        "channel": Channel.COUNTER,
        "applicant": Applicant(
            name="Người Thử <A&B>",
            identity_number="000000000001",
            phone="0000000001",
            address="Tổ 0",
        ),
        "summary": "Đăng ký khai sinh",
        "received_at": RECEIVED,
        "due_at": RECEIVED + timedelta(days=1),
        "status": Status.ACCEPTED,
        "unit": "UBND phường Hương Xuân",
        "components": (Component(code="TP1", name="Tờ khai", originals=1),),
    }
    return ProvinceDossier(**(values | changes))


def step(number: str, **changes: Any) -> ProvinceProgress:
    """Return one step of a dossier, an hour after its reception."""
    values: dict[str, Any] = {
        "number": number,
        "version": 2,
        "status": Status.PROCESSING,
        "at": RECEIVED + timedelta(hours=1),
        "officer": "Cán bộ Thử",
        "unit": "Tư pháp - Hộ tịch",
        "text": "Thẩm tra hồ sơ",
    }
    return ProvinceProgress(**(values | changes))


def message_of(payload: Any, attachments: Sequence[Attachment] = ()) -> Message:
    """Return the message that says `payload`."""
    return catalog.compose(payload, time=RECEIVED, source="records", attachments=attachments)


def request_for(destination: ProvincialDestination, payload: Any) -> Request:
    """Return the destination's request for a payload with one file."""
    return destination.prepare(message_of(payload, [SCAN]), payload)


def effects(province: SimulatorProcess, number: str) -> list[str]:
    """Return the kinds of what the province did for a dossier, in order."""
    return [row["kind"] for row in province.effects(dossier=number)]

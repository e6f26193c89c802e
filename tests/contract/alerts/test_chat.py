"""A chat is told by apprise itself: three outcomes, a bound in time, and no token anywhere."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.zalo import NotifyZalo

from adapters.alerts import apprise_call
from adapters.alerts.chat import AppriseChannel
from hub.drill.sandbox import loopback
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import ChannelSettings
from tests.support.network.webhook_receiver import Receiver, receiving

# apprise reads a module that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
AT = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)
TOKEN = "123456789:AAAA-made-up-token-of-nobody-000000"
SUBJECT, BODY = "[Phường] KHẨN: quá hẹn", "Cần làm: gọi tỉnh <ngay> *1*\n"


@pytest.fixture
def service() -> Iterator[Receiver]:
    """A service on this machine."""
    with receiving() as opened:
        yield opened


def channel(tmp_path: Path, url: str, *, within: float = 20.0) -> AppriseChannel:
    """Return a channel whose file holds an address."""
    file = tmp_path / "url"
    file.write_text(f"{url}\n", encoding="utf-8")
    settings = ChannelSettings(name="x", kind="apprise", url_file=str(file))
    return AppriseChannel(settings, within=within)


def at(service: Receiver) -> str:
    """Return the address of apprise's JSON service there."""
    return service.url.replace("http://", "json://") + f"/{TOKEN}"


def failure(of: AppriseChannel) -> ChannelFailed:
    """Return why a channel does not take a message; it holds no token."""
    with pytest.raises(ChannelFailed) as caught:
        of.send(key="k", subject=SUBJECT, body=BODY, at=AT)
    assert "AAAA" not in repr((str(caught.value), caught.value.detail))
    return caught.value


def test_a_service_gets_the_message_as_it_was_written(service: Receiver, tmp_path: Path) -> None:
    """By the process that the hub starts, once."""
    channel(tmp_path, at(service)).send(key="k", subject=SUBJECT, body=BODY, at=AT)
    (received,) = service.taken
    told = json.loads(received.body)
    assert (told["title"], told["message"].rstrip()) == (SUBJECT, BODY.rstrip())


@pytest.mark.parametrize(
    ("answer", "code"), [(403, "chat_refused"), (302, "chat_refused"), ("drop", "chat_unknown")]
)
def test_a_refusal_is_no_lost_answer(service: Receiver, answer: int | str, code: str) -> None:
    """A redirect is followed nowhere: its target would learn the token."""
    service.answer = lambda _: answer
    assert (code_of(at(service)), len(service.requests)) == (code, 1)


def code_of(url: str) -> str:
    """Return the code of a call that is made in this process."""
    found = apprise_call.main({"url": url, "subject": SUBJECT, "body": BODY})
    assert "AAAA" not in str(found)
    return found["code"]


def test_a_service_that_hangs_is_left_within_the_bound(service: Receiver, tmp_path: Path) -> None:
    """Its process is ended: no thread of the hub stays behind."""
    service.answer = lambda _: "hang"
    found = failure(channel(tmp_path, f"{at(service)}?rto=600", within=2.0))
    assert (found.code, found.is_unknown) == ("chat_unknown", True)
    assert found.detail == "no end within 2 s"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"json://127.0.0.1:{loopback.free_port()}/{TOKEN}", "chat_unreachable"),
        (f"json://192.0.2.1/{TOKEN}", "chat_no_tls"),
        (f"jsons://192.0.2.1/{TOKEN}?verify=no", "chat_no_tls"),
        (f"nothing-known://{TOKEN}", "chat_address"),
    ],
)
def test_what_is_wrong_with_an_address_has_a_code(url: str, code: str) -> None:
    """Nothing was sent, and nothing goes over a foreign line without TLS."""
    assert code_of(url) == code


def test_a_file_holds_one_address_and_one_that_is_away_has_the_code_of_a_secret(
    tmp_path: Path,
) -> None:
    """No process is started for it."""
    of = channel(tmp_path, f"json://127.0.0.1/a\njson://127.0.0.1/{TOKEN}")
    assert failure(of).code == "chat_address"
    (tmp_path / "url").unlink()
    assert failure(of).code == "secret_unreadable"


@pytest.mark.parametrize(
    ("plugin", "place", "url"),
    [
        (NotifyZalo, "{}/bot{{token}}/sendMessage", f"zalo://{TOKEN}/chat0"),
        (NotifyTelegram, "{}/bot", f"tgram://{TOKEN}/1000000001"),
    ],
)
def test_zalo_and_telegram_are_told_in_their_own_form(
    service: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    plugin: type,
    place: str,
    url: str,
) -> None:
    """With apprise's own plug-ins, pointed to this machine: one call with title and text."""
    monkeypatch.setattr(plugin, "notify_url", place.format(service.url))
    monkeypatch.setattr(logging.getLogger("apprise"), "disabled", True)
    service.answer = lambda _: 200
    given = {"url": url, "subject": SUBJECT, "body": BODY}
    assert apprise_call.main(given) == {"code": "", "detail": ""}
    (received,) = service.taken
    assert "quá hẹn" in json.loads(received.body)["text"]
    service.answer = lambda _: 401
    assert apprise_call.main(given) == {"code": "chat_refused", "detail": "HTTP 401"}

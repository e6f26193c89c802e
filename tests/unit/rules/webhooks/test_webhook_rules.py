"""Where a webhook may go, how it is signed, how long an event waits."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook as Verifier

from hub.rules.clients.client import networks
from hub.rules.webhooks import pace, signing, targets

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/hook",
        "ftp://receiver.example/",
        "https:///hook",
        "https://user:word@receiver.example/",
        "https://receiver.example/#part",
        "https://receiver.example/a b",
        "https://receiver.example/\r\nX: y",
        "https://receiver.example:0/",
        "https://receiver.example:99999/",
        "https://" + "a" * 600,
        "https://nhận.example/",
        "http://127.0.0.1.example/",
        "http://10.1.2.3/",
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    """Before it is ever resolved."""
    with pytest.raises(targets.NotATarget) as refused:
        targets.check_url(url)
    assert refused.value.text.vi != refused.value.text.en


@pytest.mark.parametrize(
    "url", ["https://receiver.example/hook?a=1", "http://127.0.0.1:8080/", "http://[::1]:80/x"]
)
def test_https_and_this_machine_are_addresses(url: str) -> None:
    """HTTP for this machine only."""
    targets.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:0a00:0001::1",
        "nonsense",
    ],
)
def test_address_inside_is_forbidden(address: str) -> None:
    """Also one that hides an IPv4 address in one of IPv6."""
    assert targets.forbidden([address], ()) == address


def test_address_outside_and_an_allowed_network_may_be_called() -> None:
    """All addresses of a name have to be; one that is not forbids it."""
    allowed = networks("10.1.2.0/24")
    assert targets.forbidden(["1.1.1.1", "2606:4700::1111"], ()) is None
    assert targets.forbidden(["10.1.2.3", "::ffff:10.1.2.4"], allowed) is None
    assert targets.forbidden(["1.1.1.1", "10.1.3.1"], allowed) == "10.1.3.1"


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_AAAA", "whsec_!!", "abc", "whsec_é"])
def test_text_that_is_no_secret_is_none(text: str) -> None:
    """Too short, not base64, without its mark."""
    assert signing.read(text) is None


def test_secret_reads_as_it_is_written_and_hides_itself() -> None:
    """32 random bytes."""
    secret = signing.fresh()
    assert signing.read(secret.text) == secret
    assert len(secret.key) == 32
    assert secret.text not in repr(secret)


def test_signature_is_that_of_the_formats_own_library() -> None:
    """And each of two secrets has one."""
    first, second = signing.fresh(), signing.fresh()
    at = NOW + timedelta(microseconds=999_999)
    made = signing.headers("evt_1", b'{"a":"\xc3\xa0"}', at=at, secrets=(first, second))
    theirs = [Verifier(secret.text).sign("evt_1", NOW, '{"a":"à"}') for secret in (first, second)]
    assert made["webhook-signature"] == " ".join(theirs)
    assert made["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_event_waits_longer_with_each_attempt_up_to_an_hour() -> None:
    """Never shorter than the receiver asked for."""
    waits = [pace.wait_after(n, 0.0, at_least=None) for n in (1, 2, 3, 40)]
    assert waits == [pace.FIRST_WAIT, 2 * pace.FIRST_WAIT, 4 * pace.FIRST_WAIT, pace.LONGEST_WAIT]
    assert pace.wait_after(1, 0.9, at_least=timedelta(hours=3)) == timedelta(hours=3)
    assert pace.wait_after(1, 0.5, at_least=None) < pace.FIRST_WAIT

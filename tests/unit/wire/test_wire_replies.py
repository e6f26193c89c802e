"""The status of a reply says what is known of the effect; a body is read or refused, never half."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.reading import Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.xml import read_xml
from adapters.wire.replies import (
    LONGEST_WAIT,
    digest,
    expect_success,
    retry_after,
    sha256,
    without_effect,
)
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

STATUSES = [
    (301, AmbiguousFailure, "reply_unreadable"),
    (302, AmbiguousFailure, "reply_unreadable"),
    (400, PermanentFailure, "partner_refused"),
    (401, TransientFailure, "partner_login"),
    (403, NotAttempted, "partner_forbidden"),
    (404, TransientFailure, "partner_unreachable"),
    (405, NotAttempted, "partner_forbidden"),
    (407, NotAttempted, "partner_forbidden"),
    (408, AmbiguousFailure, "reply_timeout"),
    (413, PermanentFailure, "partner_refused"),
    (421, NotAttempted, "partner_forbidden"),
    (460, AmbiguousFailure, "reply_timeout"),
    (499, AmbiguousFailure, "reply_timeout"),
    (422, PermanentFailure, "partner_refused"),
    (429, TransientFailure, "partner_busy"),
    (500, AmbiguousFailure, "reply_server_error"),
    (502, AmbiguousFailure, "reply_server_error"),
    (503, AmbiguousFailure, "reply_server_error"),
    (504, AmbiguousFailure, "reply_server_error"),
    (999, AmbiguousFailure, "reply_unreadable"),
]


@pytest.mark.parametrize(("status", "kind", "code"), STATUSES)
def test_what_a_status_says_about_the_effect(
    status: int, kind: type[DeliveryFailure], code: str
) -> None:
    """Only what certainly had no effect is transient or permanent."""
    with pytest.raises(DeliveryFailure) as raised:
        expect_success(Reply(status=status, body=b"Nguyen Van Bi Mat"))
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert "Mat" not in raised.value.detail


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_2xx(status: int) -> None:
    """Nothing is raised."""
    expect_success(Reply(status=status))


@pytest.mark.parametrize("status", [429, 503])
def test_a_partner_that_asks_for_patience_is_busy(status: int) -> None:
    """With Retry-After the call was turned away: no effect, and the wait is passed on."""
    with pytest.raises(TransientFailure, match="partner_busy") as raised:
        expect_success(Reply(status=status, headers={"retry-after": "90"}))
    assert raised.value.retry_after == timedelta(seconds=90)


DATE = "Tue, 24 Jul 2018 08:00:00 GMT"
WAITS = [
    ("0", timedelta(0)),
    (" 120 ", timedelta(seconds=120)),
    ("999999999999999999999", LONGEST_WAIT),
    ("Tue, 24 Jul 2018 08:02:00 GMT", timedelta(minutes=2)),
    ("Tue, 24 Jul 2018 07:00:00 GMT", timedelta(0)),
    ("Wed, 25 Jul 2018 08:00:00 GMT", timedelta(days=1)),
    ("Tue, 24 Jul 2018 08:02:00", timedelta(minutes=2)),
    (f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT", None),
    ("soon", None),
    ("-5", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "wait"), WAITS)
def test_both_forms_of_retry_after_are_read_and_bounded(text: str, wait: timedelta | None) -> None:
    """Seconds or a date, by the partner's own clock; nonsense is no wish."""
    reply = Reply(status=503, headers={"retry-after": text, "date": DATE})
    assert retry_after(reply) == wait


@given(st.text(max_size=40))
def test_any_retry_after_is_a_bounded_wait_or_none(text: str) -> None:
    """A partner cannot make us wait for ever, nor crash us."""
    wait = retry_after(Reply(status=503, headers={"retry-after": text}))
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"[" * 100_000, "{}".encode("utf-16")[:-1], b'"\xff"', b"{} {}"]
)
def test_a_body_that_is_no_json_leaves_the_effect_unknown(body: bytes) -> None:
    """Also the ones that would break a careless parser."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_json(Reply(status=200, body=body))


def test_a_body_that_is_no_xml_leaves_the_effect_unknown() -> None:
    """A proxy's page for people is no reply."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        read_xml(Reply(status=200, body=b"<!DOCTYPE html><html><p>OK</html>"))


def test_asking_without_an_answer_changed_nothing() -> None:
    """Around a call that only asks, an unknown effect is no effect; the rest stays what it is."""
    with pytest.raises(TransientFailure, match="reply_timeout: slow"), without_effect():
        raise AmbiguousFailure("reply_timeout", "slow")
    with pytest.raises(PermanentFailure, match="partner_forbidden"), without_effect():
        raise PermanentFailure("partner_forbidden")


def test_the_digest_is_of_the_bytes_as_received() -> None:
    """Evidence can be checked with any sha256 program."""
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(Reply(status=200, body=b"abc")) == sha256(b"a", b"bc") == known

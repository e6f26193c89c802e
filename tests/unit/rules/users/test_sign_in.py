"""What persons prove themselves with: passwords, one-time codes, marks; and how guesses wait."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.users import keys, one_time_codes, passwords, sign_in
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.passwords import WeakPassword
from hub.rules.users.sign_in import masked_address, network_of, source_of, wait_after
from tests.support.users import PASSWORD

KEY = b"k" * 32
NOW = datetime(2026, 11, 28, 8, 0, 10, tzinfo=UTC)


def test_a_password_is_known_again_however_its_letters_are_composed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Mac types Vietnamese in another Unicode form than Windows. The hash has its full cost."""
    monkeypatch.setattr(passwords, "cost", passwords.STANDARD)
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(kept, unicodedata.normalize("NFD", PASSWORD))
    assert not passwords.matches(kept, f"{PASSWORD} ")
    assert not passwords.is_outdated(kept)


@pytest.mark.parametrize("kept", ["", "no hash"])
def test_no_password_opens_an_account_that_is_not_there(kept: str) -> None:
    """Nor a damaged one."""
    assert not passwords.matches(kept, PASSWORD)


def test_a_hash_of_weaker_settings_is_outdated() -> None:
    """It is made anew at the next sign-in."""
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$TW3iIbxGX3x8L6zBaFmJ2A")


@pytest.mark.parametrize(
    "weak", ["", "ngắn quá", "a" * 300, "aabbaabbaabb", "toi la binh ne", "TOI LA BINH NE"]
)
def test_a_weak_password_is_refused_with_the_reason(weak: str) -> None:
    """Length and variety count; kinds of characters do not."""
    with pytest.raises(WeakPassword) as refused:
        passwords.require_strong(weak, name="binh")
    assert refused.value.text.vi
    passwords.require_strong(PASSWORD, name="binh")
    passwords.require_strong(passwords.made(), name="binh")
    for _ in range(100):
        passwords.require_strong(passwords.made("a"), name="a")


def test_a_text_that_is_far_too_long_is_never_brought_into_one_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sorting combining marks takes the square of their count and holds the interpreter."""
    longest: list[int] = []
    normalize = unicodedata.normalize

    def noting(form: Literal["NFKC"], text: str) -> str:
        longest.append(len(text))
        return normalize(form, text)

    kept = passwords.hashed(PASSWORD)
    monkeypatch.setattr(unicodedata, "normalize", noting)
    marks = "a" + "\u0301" * 40_000 + "\u0316" * 40_000
    assert not passwords.matches(kept, marks)
    with pytest.raises(WeakPassword):
        passwords.hashed(marks)
    with pytest.raises(WeakPassword):
        passwords.require_strong(marks, name="binh")
    assert passwords.matches(kept, PASSWORD)
    assert max(longest) <= passwords.LONGEST_TYPED


def test_a_devices_code_works_in_its_time_and_once() -> None:
    """Also half a minute early or late, as the clock of a phone is."""
    secret = one_time_codes.secret_of("binh", "a salt", key=KEY)
    device = pyotp.TOTP(secret)
    step = int(NOW.timestamp()) // 30
    for seconds, expected in ((-60, None), (-30, step - 1), (0, step), (30, step + 1), (60, None)):
        code = device.at(NOW + timedelta(seconds=seconds))
        assert one_time_codes.step_of(secret, code, after=0, now=NOW) == expected
    typed = f" {device.at(NOW)[:3]} {device.at(NOW)[3:]}"
    assert one_time_codes.step_of(secret, typed, after=step - 1, now=NOW) == step
    assert one_time_codes.step_of(secret, typed, after=step, now=NOW) is None


@given(st.text(max_size=12).filter(lambda text: not text.isascii() or not text.isdigit()))
def test_what_is_no_code_is_a_wrong_code(text: str) -> None:
    """Whatever is typed."""
    secret = one_time_codes.secret_of("binh", "a salt", key=KEY)
    if len("".join(text.split())) != 6:
        assert one_time_codes.step_of(secret, text, after=0, now=NOW) is None


def test_a_device_has_a_secret_of_its_own() -> None:
    """Another person, salt or key file gives another secret; the address names hub and account."""
    made = {
        one_time_codes.secret_of("binh", "a salt", key=KEY),
        one_time_codes.secret_of("an", "a salt", key=KEY),
        one_time_codes.secret_of("binh", one_time_codes.fresh_salt(), key=KEY),
        one_time_codes.secret_of("binh", "a salt", key=KEY * 2),
    }
    assert len(made) == 4
    address = one_time_codes.address_of("binh", made.pop())
    assert pyotp.parse_uri(address).name == "binh"


def test_a_recovery_code_is_known_again_however_it_is_typed() -> None:
    """Small or capital letters, with or without hyphens; of one person."""
    codes = one_time_codes.fresh_recovery_codes()
    assert len(set(codes)) == one_time_codes.RECOVERY_CODES
    code = codes[0]
    kept = one_time_codes.recovery_digest("binh", code)
    assert one_time_codes.recovery_digest("binh", code.upper().replace("-", " ")) == kept
    assert one_time_codes.recovery_digest("an", code) != kept


@pytest.mark.parametrize("fresh", [keys.fresh_key, keys.fresh_token])
def test_marks_are_random_and_forms_have_a_token_of_their_session(
    fresh: Callable[[], str],
) -> None:
    """The token of forms is not the digest that the database keeps."""
    one, other = fresh(), fresh()
    assert one != other
    made = keys.form_token(one, "binh")
    assert made == keys.form_token(one, "binh")
    assert (keys.owner_of_form(made), keys.owner_of_form("x")) == ("binh", "")
    others = {keys.form_token(other, "binh"), keys.form_token(one, "an"), keys.digest(one), one}
    assert len({made} | others) == 5


@given(st.integers(min_value=0, max_value=100_000))
def test_waits_never_get_shorter_and_have_an_end(failures: int) -> None:
    """However often somebody guesses."""
    assert wait_after(failures) <= wait_after(failures + 1) < sign_in.UNFINISHED


@pytest.mark.parametrize(
    ("address", "network", "masked"),
    [
        ("10.1.2.3", "10.1.2.3", "10.1.2.x"),
        ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.x"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("testclient", "unknown", ""),
    ],
)
def test_an_address_counts_by_its_network_and_is_shown_masked(
    address: str, network: str, masked: str
) -> None:
    """One line of IPv6 has more addresses than anybody could count."""
    assert network_of(address) == network
    assert masked_address(address) == masked


def test_failures_count_by_account_and_place() -> None:
    """A known browser has a count of its own, wherever it is."""
    counted = {
        source_of("binh", address="10.1.2.3"),
        source_of("an", address="10.1.2.3"),
        source_of("binh", address="10.1.2.4"),
        source_of("binh", address="10.1.2.3", device="mark"),
    }
    counted |= {source_of("binh", address="10.1.2.3", codes=True)}
    counted |= {sign_in.source_of_network("10.1.2.3"), sign_in.source_of_session("10.1.2.3")}
    assert len(counted) == 7
    assert source_of("binh", address="10.9.9.9", device="mark") in counted
    assert sign_in.IDLE < sign_in.LONGEST


def test_every_state_and_verb_of_an_approval_has_its_words() -> None:
    """In both languages."""
    for one in (*ApprovalState, *ApprovalVerb):
        assert one.text.vi
        assert one.text.en

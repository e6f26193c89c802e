"""Messages of alerts go out at least once, under the same key, signed, in the end."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from adapters.alerts.webhook import WebhookChannel
from hub.operations.alerts.file_book import FileBook
from hub.operations.alerts.sending import GIVEN_UP_AFTER, AlertSending
from hub.ports.alerts import AlertChannel, ChannelFailed
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.rule import Rule
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.webhooks import signing
from hub.store.alerts import messages
from hub.store.alerts.messages import KeptMessage, Receivers
from hub.store.engine.store import Store
from tests.support.network.webhook_receiver import Receiver, receiving
from tests.support.works import never

AT = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = AT

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Inbox:
    """A channel that keeps what it took, and fails as long as it is told to."""

    fails: int = 0
    keys: list[str] = field(default_factory=list)
    any_words: bool = False

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:
        """Take a message."""
        assert (subject, body, at.tzinfo) == ("Thử", "Nội dung", UTC) or self.any_words
        if self.fails:
            self.fails -= 1
            raise ChannelFailed("mail_unreachable", "a test")
        self.keys.append(key)


def stored(store: Store, *keys: str) -> None:
    """Store messages that are due."""
    with store.write() as tx:
        for key in keys:
            messages.add(tx, message(key))


def message(key: str, channel: str = "x") -> KeptMessage:
    """Return a message that is due."""
    return KeptMessage(
        key=key,
        channel=channel,
        subject="Thử",
        body="Nội dung",
        incidents="1",
        made_at=AT,
        next_attempt_at=AT,
    )


def sending(store: Store, channel: AlertChannel, clock: Clock) -> AlertSending:
    """Return the role, as a process has it that began just now."""
    return AlertSending(store, {"x": channel}, clock=clock, channel="x")


def test_what_is_stored_is_sent_once_by_whatever_process(store: Store) -> None:
    """The same key is stored once, and what was taken is not sent again."""
    inbox, clock = Inbox(), Clock()
    stored(store, "a", "b", "a")
    assert sending(store, inbox, clock).run_once() == 2
    assert sending(store, inbox, clock).run_once() == 0
    assert sorted(inbox.keys) == ["a", "b"]


def test_processes_that_send_at_once_share_the_work(store: Store) -> None:
    """A message that another has leased is left alone."""
    inbox, clock = Inbox(), Clock()
    stored(store, *"abcdefgh")
    threads = [threading.Thread(target=sending(store, inbox, clock).run_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(inbox.keys) == list("abcdefgh")


def test_a_channel_that_fails_gets_the_message_later(store: Store) -> None:
    """The waits grow; meanwhile the channel counts as failing."""
    inbox, clock = Inbox(fails=2), Clock()
    stored(store, "a")
    role = sending(store, inbox, clock)
    assert role.run_once() == 0
    with store.read() as tx:
        assert messages.failing(tx) == {"x": 1}
        (state,) = messages.states(tx, ["x", "never used"])
    assert (state.waiting, state.code, state.last_sent_at) == (1, "mail_unreachable", None)
    assert role.run_once() == 0
    clock.now += timedelta(seconds=31)
    assert role.run_once() == 0
    clock.now += timedelta(seconds=31)
    assert role.run_once() == 0
    clock.now += timedelta(seconds=30)
    assert role.run_once() == 1
    with store.read() as tx:
        assert messages.failing(tx) == {}


def test_a_process_that_dies_while_sending_leaves_the_message_to_the_next(store: Store) -> None:
    """After its lease, under the same key."""
    inbox, clock = Inbox(), Clock()
    stored(store, "a")
    with store.write() as tx:
        assert messages.claim_due(tx, Receivers("x"), by="dead", now=clock.now) is not None
    assert sending(store, inbox, clock).run_once() == 0
    clock.now += messages.LEASE
    assert sending(store, inbox, clock).run_once() == 1
    assert inbox.keys == ["a"]


def test_a_channel_that_hangs_holds_up_no_other(store: Store) -> None:
    """Each is sent to by a role of its own; one more gives up what goes to no channel any more."""
    inbox, clock, entered, go_on = Inbox(), Clock(), threading.Event(), threading.Event()

    class Hanging:
        def send(self, **_message: object) -> None:
            """Hang until the test is over."""
            entered.set()
            go_on.wait(30)

    with store.write() as tx:
        for number, channel in enumerate(("hangs", "x", "gone")):
            messages.add(tx, message(f"k{number}", channel))
    channels: dict[str, AlertChannel] = {"hangs": Hanging(), "x": inbox}
    roles = {it: AlertSending(store, channels, clock=clock, channel=it) for it in ("", *channels)}
    stuck = threading.Thread(target=roles["hangs"].run_once)
    stuck.start()
    assert entered.wait(30)
    assert (roles["x"].run_once(), roles[""].run_once(), inbox.keys) == (1, 0, ["k1"])
    with store.read() as tx:
        assert not messages.some_wait(tx, Receivers(known=("hangs", "x")))
        assert messages.some_wait(tx, Receivers("hangs"))
    go_on.set()
    stuck.join(30)


def test_what_no_channel_took_for_a_day_is_given_up(store: Store) -> None:
    """The doctor still names its fault."""
    inbox, clock = Inbox(fails=100), Clock(AT + GIVEN_UP_AFTER + timedelta(seconds=1))
    stored(store, "a")
    assert sending(store, inbox, clock).run_once() == 0
    with store.read() as tx:
        assert not messages.some_wait(tx, Receivers("x"))
        (state,) = messages.states(tx, ["x"])
    assert (state.waiting, state.code) == (0, "mail_unreachable")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as opened:
        yield opened


def test_a_webhook_is_signed_as_the_formats_own_library_verifies(
    hook: Receiver, tmp_path: Path
) -> None:
    """The id is the message's key, so a receiver knows what it has seen."""
    secret, file = signing.fresh(), tmp_path / "secret"
    file.write_text(secret.text)
    channel = WebhookChannel(
        ChannelSettings(name="x", kind="webhook", url=f"{hook.url}/alerts", secret_file=str(file))
    )
    now = datetime.now(UTC)
    channel.send(key="abc", subject="[Trung tâm] Thử", body="Nội dung\n", at=now)
    (received,) = hook.taken
    told = Verifier(secret.text).verify(received.body, received.headers)
    assert received.id == "abc"
    assert (told["type"], told["data"]["subject"]) == ("hub.alert", "[Trung tâm] Thử")
    hook.answer = lambda _: 503
    with pytest.raises(ChannelFailed, match=r"\w+: "):
        channel.send(key="abc", subject="s", body="b", at=now)
    file.write_text("nonsense")
    with pytest.raises(ChannelFailed, match="secret_unreadable"):
        channel.send(key="abc", subject="s", body="b", at=now)


def test_a_lost_database_is_told_from_a_file_and_once(tmp_path: Path) -> None:
    """By any number of processes that begin anew; its end is told, too."""
    rule = Rule(
        name="database_lost",
        signal="database_lost",
        limit=0,
        after=timedelta(minutes=2),
        clear_after=timedelta(minutes=1),
    )
    plan = AlertPlan(
        rules=[rule],
        channels=[ChannelSettings(name="x", kind="mail")],
        steps=[Step(after=timedelta(), channels=("x",))],
    )
    inbox, clock = Inbox(any_words=True), Clock()

    def look(lost: float) -> int:
        book = FileBook(
            folder=tmp_path / "alerts",
            plan=plan,
            channels={"x": inbox},
            clock=clock,
            is_day_off=never,
        )
        sample = Measurement(signal="database_lost", subject="here", value=lost)
        clock.now += timedelta(minutes=1)
        return len(book.check(Observed(frozenset({"database_lost"}), [sample])))

    assert [look(0), look(1), look(1)] == [0, 0, 0]
    assert not (tmp_path / "alerts/incidents.json").stat().st_mode & 0o077
    inbox.fails = 1
    assert [look(1), look(1), look(1)] == [1, 1, 1]
    assert len(inbox.keys) == 1
    assert [look(0), look(0), look(0)] == [0, 0, 0]
    clock.now += timedelta(minutes=10)
    look(0)
    assert len(set(inbox.keys)) == len(inbox.keys) == 2

"""Webhooks: at least once, each dossier in its order, whatever the receiver does."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from hub.operations.watchers.failing_webhooks import KIND, FailingWebhooks
from hub.operations.webhooks import managing
from hub.operations.webhooks.status import WebhookState
from hub.rules.webhooks import pace, signing
from hub.store.change_feed import numbering
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.webhooks import addresses
from tests.support.gateway.webhooks import A, B, C, WebhookStage, webhook_stage
from tests.support.network.webhook_receiver import Answer, Received

DOSSIERS = (A, B, C)


@pytest.fixture
def stage(store: Store, tmp_path: Path) -> Iterator[WebhookStage]:
    """One webhook on either database."""
    with webhook_stage(store, tmp_path) as opened:
        yield opened


def fails(*numbers: str, answer: Answer = 500) -> Callable[[Received], Answer]:
    """Return an answer that some dossiers do not get a success."""

    def given(received: Received) -> Answer:
        return answer if received.number in numbers else 204

    return given


def test_events_are_signed_as_the_formats_own_library_verifies(stage: WebhookStage) -> None:
    """Thin: type, time, number and codes; the id is the feed's."""
    stage.change(A, "2", "4")
    assert stage.role.run_once() == 2
    (secret,) = stage.secrets.of(stage.id)
    for received in stage.receiver.taken:
        told = Verifier(secret.text).verify(received.body, received.headers)
        assert told["type"] == "dossier.status_changed"
        assert set(told["data"]) == {"maHoSo", "ma", "maThongDiep", "viTri"}
        assert received.id.startswith("evt_")
        assert received.headers["content-type"] == "application/json"
    other = signing.fresh()
    with pytest.raises(WebhookVerificationError):
        Verifier(other.text).verify(received.body, received.headers)
    assert stage.receiver.codes() == ["2", "4"]
    assert stage.role.run_once() == 0


def test_both_secrets_verify_during_a_rotation(stage: WebhookStage) -> None:
    """And the old one no longer when it was dropped; no restart."""
    (old,) = stage.secrets.of(stage.id)
    new = managing.rotate(stage.store, stage.secrets, stage.id, by=stage.by)
    stage.change(A, "2")
    stage.role.run_once()
    received = stage.receiver.taken[-1]
    for secret in (old, new):
        Verifier(secret.text).verify(received.body, received.headers)
    with pytest.raises(managing.WebhookNotDone):
        managing.rotate(stage.store, stage.secrets, stage.id, by=stage.by)
    managing.drop_old_secret(stage.store, stage.secrets, stage.id, by=stage.by)
    stage.change(A, "4")
    stage.role.run_once()
    received = stage.receiver.taken[-1]
    Verifier(new.text).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old.text).verify(received.body, received.headers)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_cut_lines_errors_and_slow_replies_lose_nothing_and_keep_the_order(
    stage: WebhookStage, seed: int
) -> None:
    """Of each dossier every change comes, first times in order, repeats under the same id."""
    chance = random.Random(seed)
    answers: list[Answer] = [204, 204, 500, "drop", 503, 429, 400, 302]
    stage.receiver.answer = lambda _: chance.choice(answers)
    expected = [str(code) for code in range(6)]
    for code in expected:
        for number in DOSSIERS:
            stage.change(number, code)
    stage.until_still(rounds=400)
    for number in DOSSIERS:
        assert stage.receiver.codes(number) == expected
    assert stage.webhook.failing_since is None


def test_reply_that_does_not_come_is_no_success(stage: WebhookStage) -> None:
    """The call is bounded in time; the event comes again under its id."""
    stage.receiver.answer = lambda _: "hang"
    stage.expect_no_reply()
    stage.change(A, "2")
    assert stage.role.run_once() == 0
    assert stage.webhook.last_code == "reply_timeout"
    stage.receiver.answer = lambda _: 200
    stage.expect_replies()
    stage.pass_time(minutes=1)
    assert stage.role.run_once() == 1
    assert {it.id for it in stage.receiver.requests} == {stage.receiver.taken[0].id}


def test_refused_event_holds_up_its_dossier_only(stage: WebhookStage) -> None:
    """The later ones of the dossier wait behind it, the others go on."""
    stage.receiver.answer = fails(A, answer=422)
    stage.change(A, "1", "2")
    stage.change(B, "1")
    stage.change(A, "3")
    stage.change(B, "2")
    stage.role.run_once()
    assert stage.receiver.codes(B) == ["1", "2"]
    assert stage.receiver.codes(A) == []
    assert [it.code for it in stage.receiver.requests if it.number == A] == ["1"]
    assert (stage.status().state, stage.status().refused) == (WebhookState.WAITING, 3)
    stage.receiver.answer = lambda _: 200
    stage.until_still()
    assert stage.receiver.codes(A) == ["1", "2", "3"]


def test_failures_of_several_dossiers_pause_the_address(stage: WebhookStage) -> None:
    """Nothing is sent until the pause is over; then one event tries, and all follow."""
    stage.receiver.answer = lambda _: 500
    numbers = [f"000.99.01.H57-180806-{n:04d}" for n in range(1, 20)]
    for number in numbers:
        stage.change(number, "2")
    stage.role.run_once()
    assert len(stage.receiver.requests) == pace.CIRCUIT.failures
    assert stage.status().state is WebhookState.PAUSED
    assert stage.role.run_once() == 0
    assert len(stage.receiver.requests) == pace.CIRCUIT.failures
    stage.pass_time(minutes=1)
    stage.role.run_once()
    assert len(stage.receiver.requests) == pace.CIRCUIT.failures + 1
    stage.receiver.answer = lambda _: 200
    stage.pass_time(minutes=1)
    assert stage.role.run_once() == len(numbers)
    assert stage.status().state is WebhookState.SENDING


@pytest.mark.parametrize("answer", ["drop", 403, 500])
def test_address_that_takes_nothing_is_never_given_up(stage: WebhookStage, answer: Answer) -> None:
    """For days; the event stays, a task tells a person, and closes by itself."""
    stage.receiver.answer = lambda _: answer
    watcher = FailingWebhooks(store=stage.store)
    stage.change(A, "2")
    for _ in range(24):
        stage.role.run_once()
        watcher.check(stage.time)
        stage.pass_time(hours=2)
    assert len(stage.receiver.requests) >= 24
    with stage.store.read() as tx:
        (task,) = tasks.open_of_kind(tx, KIND)
    assert task.subject == stage.id
    stage.receiver.answer = lambda _: 200
    stage.role.run_once()
    watcher.check(stage.time)
    assert stage.receiver.codes() == ["2"]
    with stage.store.read() as tx:
        assert tasks.open_of_kind(tx, KIND) == []


def test_event_that_is_refused_for_an_hour_is_a_task_beside_others_that_are_taken(
    stage: WebhookStage,
) -> None:
    """A receiver may stumble over one dossier alone."""
    stage.receiver.answer = fails(A)
    watcher = FailingWebhooks(store=stage.store)
    stage.change(A, "2")
    for code in range(8):
        stage.change(B, str(code))
        stage.role.run_once()
        stage.pass_time(minutes=10)
    assert watcher.check(stage.time) == 1
    assert stage.receiver.codes(B) == [str(code) for code in range(8)]


def test_event_that_was_taken_and_not_written_down_comes_again_under_its_id(
    stage: WebhookStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in between; the receiver knows it by the id."""
    stage.change(A, "2")
    with monkeypatch.context() as dying:
        dying.setattr(type(stage.role.dispatch), "_taken", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stage.role.run_once()
    assert stage.role.run_once() == 1
    first, second = stage.receiver.taken
    assert first.id == second.id
    assert first.body == second.body


def test_two_processes_never_send_to_one_address_at_once(stage: WebhookStage) -> None:
    """The lease; one whose lease was taken over writes nothing down."""
    stage.change(A, "2")
    with stage.store.write() as tx:
        assert addresses.claim(tx, stage.id, by="another", now=stage.time)
    assert stage.role.run_once() == 0
    assert stage.receiver.requests == []
    with stage.store.write() as tx:
        assert not addresses.record(tx, stage.id, by="me", values={"position": 99})
    stage.time += addresses.LEASE
    assert stage.role.run_once() == 1


def test_replay_sends_a_stretch_again_under_the_same_ids_before_what_is_new(
    stage: WebhookStage,
) -> None:
    """By the times at which the changes got their places."""
    times = []
    for code in ("1", "2", "3", "4"):
        times.append(stage.time)
        stage.change(A, code)
        stage.role.run_once()
        stage.pass_time(minutes=1)
    stage.change(A, "5")
    managing.replay_between(stage.store, stage.id, start=times[1], end=times[3], by=stage.by)
    with pytest.raises(managing.ReplayUnderWay):
        managing.replay_between(stage.store, stage.id, start=times[1], end=times[3], by=stage.by)
    stage.role.run_once()
    taken = stage.receiver.taken
    assert [it.code for it in taken] == ["1", "2", "3", "4", "2", "3", "5"]
    assert taken[1].id == taken[4].id
    assert stage.webhook.replay_next is None
    with pytest.raises(managing.WebhookNotDone):
        managing.replay_between(
            stage.store, stage.id, start=stage.time, end=stage.time, by=stage.by
        )


def test_replay_through_a_failing_receiver_is_complete(stage: WebhookStage) -> None:
    """What fails in it waits as everything does."""
    for number in (A, B):
        stage.change(number, "1", "2")
    stage.role.run_once()
    managing.replay(stage.store, stage.id, first=1, last=4, by=stage.by)
    stage.receiver.answer = fails(A)
    stage.role.run_once()
    stage.receiver.answer = lambda _: 200
    stage.until_still()
    assert [it.code for it in stage.receiver.taken if it.number == A] == ["1", "2", "1", "2"]
    assert [it.code for it in stage.receiver.taken if it.number == B] == ["1", "2", "1", "2"]


def test_test_event_is_sent_to_a_paused_address_and_ends_the_pause(stage: WebhookStage) -> None:
    """Its outcome is shown; a failure changes nothing else."""
    stage.receiver.answer = lambda _: 403
    stage.change(A, "2")
    stage.role.run_once()
    managing.request_test(stage.store, stage.id, by=stage.by)
    stage.role.run_once()
    assert stage.webhook.test_code
    assert stage.status().state is WebhookState.PAUSED
    stage.receiver.answer = lambda _: 200
    sent = managing.request_test(stage.store, stage.id, by=stage.by)
    assert stage.role.run_once() == 1
    assert [it.id == sent for it in stage.receiver.taken] == [True, False]
    assert stage.receiver.taken[0].event["type"] == "webhook.test"
    assert stage.webhook.test_code == ""


def test_secret_that_others_may_read_is_not_used(stage: WebhookStage) -> None:
    """Nothing is sent unsigned, and the file is named; no secret is."""
    stage.change(A, "2")
    path = stage.secrets.path(stage.id)
    (secret,) = stage.secrets.of(stage.id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert secret.text.removeprefix("whsec_") not in repr(secret)
    path.chmod(0o644)
    assert stage.role.run_once() == 0
    assert stage.receiver.requests == []
    assert (stage.webhook.last_code, path.name in stage.webhook.last_detail) == (
        "webhook_secret",
        True,
    )
    path.chmod(0o600)
    stage.pass_time(minutes=1)
    assert stage.role.run_once() == 1


def test_change_that_left_the_feed_is_waited_for_no_more(stage: WebhookStage) -> None:
    """Its dossier was archived or erased."""
    stage.receiver.answer = fails(A)
    stage.change(A, "2")
    stage.role.run_once()
    with stage.store.write() as tx:
        numbering.remove(tx, [A])
    stage.pass_time(minutes=1)
    stage.role.run_once()
    assert stage.status().refused == 0


def test_retired_webhook_gets_nothing(stage: WebhookStage) -> None:
    """And its secrets are gone."""
    managing.retire(stage.store, stage.secrets, stage.id, by=stage.by)
    stage.change(A, "2")
    assert stage.role.run_once() == 0
    assert not stage.secrets.path(stage.id).exists()
    assert stage.status().state is WebhookState.RETIRED


def test_webhook_of_an_agency_gets_its_dossiers_only(store: Store, tmp_path: Path) -> None:
    """As its client reads them."""
    other = B.replace("H57", "H58")
    with webhook_stage(store, tmp_path, agencies=frozenset({"000.99.01.H58"})) as stage:
        stage.change(A, "1")
        stage.change(other, "2")
        stage.change(A, "3")
        assert stage.role.run_once() == 1
        assert [it.number for it in stage.receiver.taken] == [other]
        assert stage.webhook.position == 3


def test_running_role_sends_what_is_numbered(stage: WebhookStage) -> None:
    """The thread, from the start to the stop; the receiver tells that it has it."""

    def answer(_received: Received) -> Answer:
        stage.receiver.released.set()
        return 204

    stage.receiver.answer = answer
    stage.role.start()
    try:
        stage.change(A, "2")
        stage.role.wakeup.wake()
        assert stage.receiver.released.wait(30)
    finally:
        stage.role.stop()
    assert stage.receiver.codes() == ["2"]

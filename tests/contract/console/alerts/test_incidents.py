"""The pages of incidents: who was told what, and what a person does about it, on both databases."""

from datetime import datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from hub.console.alerts.incidents import PAGE, one_incident
from hub.console.frame.sent_form import new_form_id
from hub.console.parts import Parts
from hub.operations.alerts import acting
from hub.operations.alerts.evaluating import Evaluating
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.notifying import Silence
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.reading import packaged
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.alerts import incidents, messages, silences
from hub.store.alerts.messages import Receivers
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.texts import Text
from tests.contract.console.conftest import Look
from tests.support.console import person
from tests.support.works import now

HOUR = timedelta(hours=1)
PLAN = AlertPlan(
    rules=[
        Rule(name="disk_free", signal="disk_free", limit=20, critical=5),
        Rule(name="oldest_open", signal="oldest_open", limit=60, clear_after=timedelta()),
    ],
    channels=[ChannelSettings(name="truc", kind="mail", person="Trực CNTT")],
    steps=[Step(after=timedelta(), channels=("truc",))],
)
DISK = Measurement(signal="disk_free", subject="may-1", value=3)
WAITING = Measurement(signal="oldest_open", subject="provincial", value=7200)


def observe(store: Store, *found: Measurement) -> None:
    """Have the hub look once; what it does not find has ended."""
    signals = frozenset({"disk_free", "oldest_open"})
    evaluating = Evaluating(store=store, plan=PLAN, is_day_off=lambda _at: False)
    evaluating.evaluate(Observed(signals, found), now())


def ended(subject: str, at: datetime) -> Incident:
    """Return an incident that ended at a time."""
    return Incident(
        number=None,
        rule="oldest_open",
        signal="oldest_open",
        subject=subject,
        about=Text(subject, subject),
        severity=AlertSeverity.WARNING,
        value=60,
        worst=60,
        first_seen_at=at,
        seen_at=at,
        started_at=at,
        ended_at=at,
        end_notified=True,
    )


def by(actor: str) -> SignedBy:
    """Return who acts now."""
    return {"actor": actor, "reason": "thay đĩa", "now": now()}


def send(browser: httpx.Client, path: str, *, id: str = "", **typed: str) -> httpx.Response:
    """Send a form of a page that was opened a while ago."""
    own = {"form_id": id or new_form_id(), "seen_at": (now() - HOUR).isoformat()}
    sent = {**own, "reason": "gọi tỉnh", "hours": "4", **typed}
    return browser.post(path, data=sent, headers={"sec-fetch-site": "same-origin"})


def audited(store: Store, action: str) -> list[tuple[str, str]]:
    """Return object and reason of what is audited under a name."""
    query = sa.select(audit.c.object, audit.c.reason).where(audit.c.action == action)
    with store.read() as tx:
        return [(row.object, row.reason) for row in tx.execute(query)]


def test_the_overview_says_what_only_an_alert_knows(look: Look, store: Store) -> None:
    """A full disk needs a person though no dossier stands; who has taken it is not asked again."""
    observe(store, DISK, WAITING)
    browser = look(store)
    page = browser.get("/").text
    assert "Needing a person now: 1 urgent, 2 in all." in page
    assert page.count('href="/incidents/1"') == 2
    acting.acknowledge(store, 1, until=now() + HOUR, by=by("Lê Văn An"))
    page = browser.get("/").text
    assert "Needing a person: 1. First: provincial: the oldest" in page
    assert "taken by Lê Văn An" in page


def test_an_incident_says_who_was_told_by_which_channel_and_when(look: Look, store: Store) -> None:
    """And what to do, since when, what happened, and what the runbook has of it."""
    observe(store, DISK)
    with store.write() as tx:
        it = messages.claim_due(tx, Receivers(), by="x", now=now())
        assert it is not None
        messages.sent(tx, it.key, now=now())
    page = look(store).get("/incidents/1").text
    for part in ("critical", "nobody has taken it", "truc", "sent at", 'href="/signals/disk'):
        assert part in page
    assert page.count("<td>told</td>") == 2
    parts = Parts(store=store, clock=now, destinations=(), alerts=PLAN)
    shown = one_incident(parts, person(UserRole.HEAD), now(), number=1).values
    assert [it.person for it in shown["notifications"]] == ["Trực CNTT"]


def test_an_incident_that_ended_stands_in_the_history(look: Look, store: Store) -> None:
    """Under its address, without a form."""
    observe(store, WAITING)
    observe(store)
    browser = look(store)
    page = browser.get("/incidents").text
    assert "No incident is open." in page
    assert 'href="/incidents/1"' in page
    one = browser.get("/incidents/1").text
    assert "ended at" in one
    assert "/acknowledge" not in one


def test_the_history_goes_on_by_its_last_incident(look: Look, store: Store) -> None:
    """The next page begins where the last ended, whatever ended meanwhile."""
    for _ in range(3):
        observe(store, WAITING)
        observe(store)
    with store.read() as tx:
        newest = incidents.listing(tx, ended=True, limit=2)
        older = incidents.listing(tx, ended=True, before=newest[-1])
    assert [it.number for it in newest + older] == [3, 2, 1]
    assert look(store).get("/incidents?before=99").status_code == 404


def test_a_taken_incident_is_taken_once_however_often_clicked(look: Look, store: Store) -> None:
    """Until the chosen time, with reason and audit."""
    observe(store, DISK)
    browser, id = look(store), new_form_id()
    done = send(browser, "/incidents/1/acknowledge", id=id, holder="")
    assert done.status_code == 303
    again = send(browser, "/incidents/1/acknowledge", id=id, holder="")
    assert again.headers["location"] == done.headers["location"]
    assert audited(store, "alert.acknowledge") == [("incident 1", "gọi tỉnh")]
    page = browser.get(done.headers["location"]).text
    assert "You have taken incident 1 until" in page
    assert "taken by Trần Thị Bình" in page


def test_who_comes_second_reads_who_was_first_and_why(look: Look, store: Store) -> None:
    """And may take it over after having seen that."""
    observe(store, DISK)
    acting.acknowledge(store, 1, until=now() + HOUR, by=by("Lê Văn An"))
    browser = look(store)
    answer = send(browser, "/incidents/1/acknowledge", holder="")
    assert answer.status_code == 409
    assert "was acknowledged by Lê Văn An" in answer.text
    assert "took the incident: thay đĩa" in answer.text
    assert 'name="holder" value="Lê Văn An"' in answer.text
    assert send(browser, "/incidents/1/acknowledge", holder="Lê Văn An").status_code == 303


def test_an_acknowledgement_that_has_run_out_holds_nobody_up(store: Store) -> None:
    """Whoever the page named as holder."""
    observe(store, DISK)
    acting.acknowledge(store, 1, until=now() + HOUR, by=by("Lê Văn An"))
    later: SignedBy = {"actor": "Trần Thị Bình", "reason": "x", "now": now() + 2 * HOUR}
    found = acting.acknowledge(store, 1, until=now() + 3 * HOUR, by=later, instead_of="Lê Văn An")
    assert found.acknowledged_by == "Trần Thị Bình"


def test_an_incident_that_ended_meanwhile_is_not_taken(look: Look, store: Store) -> None:
    """409 says when it ended."""
    observe(store, WAITING)
    observe(store)
    answer = send(look(store), "/incidents/1/acknowledge", holder="")
    assert answer.status_code == 409
    assert "incident 1 ended at" in answer.text


def test_a_silence_of_another_person_is_not_doubled_unseen(look: Look, store: Store) -> None:
    """409 says who silenced it, until when and why; after a look the new end replaces theirs."""
    observe(store, WAITING)
    wanted = Silence(rule="oldest_open", subject="provincial", until=now() + HOUR)
    acting.silence(store, wanted, rules=["oldest_open"], by=by("Lê Văn An"))
    browser = look(store)
    answer = send(browser, "/incidents/1/silence", silence="0")
    assert answer.status_code == 409
    assert "Lê Văn An has silenced oldest_open of provincial until" in answer.text
    assert 'name="silence" value="1"' in answer.text
    assert send(browser, "/incidents/1/silence", silence="1").status_code == 303
    with store.read() as tx:
        (holding,) = silences.holding(tx, now=now())
    assert (holding.number, holding.made_by) == (2, "Trần Thị Bình (account binh)")
    assert audited(store, "alert.silence")[-1] == ("silence 2 oldest_open provincial", "gọi tỉnh")


def test_a_rule_is_silenced_from_the_list_and_told_again(look: Look, store: Store) -> None:
    """Ended once; the second click of another page reads who ended it."""
    browser = look(store)
    done = send(browser, "/incidents/silences", rule="circuit_open", subject="town_center*")
    assert done.status_code == 303
    page = browser.get(done.headers["location"]).text
    assert "Rule circuit_open, subject town_center*" in page
    assert send(browser, "/incidents/silences/1/end").status_code == 303
    answer = send(browser, "/incidents/silences/1/end")
    assert answer.status_code == 409
    assert "no silence 1 holds" in answer.text
    assert "ended a silence: gọi tỉnh" in answer.text


@pytest.mark.parametrize(
    ("path", "typed", "status"),
    [
        ("/incidents/1/acknowledge", {"reason": " "}, 422),
        ("/incidents/1/acknowledge", {"hours": "999"}, 422),
        ("/incidents/9/acknowledge", {}, 404),
        ("/incidents/silences", {"rule": "nothing"}, 409),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_words(
    look: Look, store: Store, path: str, typed: dict[str, str], status: int
) -> None:
    """Nothing is changed."""
    observe(store, DISK)
    assert send(look(store), path, **typed).status_code == status
    with store.read() as tx:
        (it,) = incidents.listing(tx)
        assert silences.holding(tx, now=now()) == []
    assert (it.acknowledged_by, it.severity) == ("", AlertSeverity.CRITICAL)


def test_a_partners_it_sees_its_own_incidents_and_cannot_act(look: Look, store: Store) -> None:
    """What is of another partner or of the ward is not there; the right to act is missing."""
    observe(store, DISK, WAITING)
    scope = Scope(partners=frozenset({"provincial"}))
    browser = look(store, role=UserRole.PROVINCE_IT, scope=scope)
    page = browser.get("/incidents").text
    assert "/incidents/2" in page
    assert "/incidents/1" not in page
    assert browser.get("/incidents/1").status_code == 404
    assert send(browser, "/incidents/2/acknowledge", holder="").status_code == 403
    assert send(browser, "/incidents/1/acknowledge", holder="").status_code == 404


def test_a_partners_it_reaches_own_incidents_behind_those_of_others(
    look: Look, store: Store
) -> None:
    """A page holds what the visitor may see; a foreign incident is unknown, whether it ended."""
    with store.write() as tx:
        for nth in range(PAGE + 1):
            subject = "town_center" if nth else "provincial submit"
            at = now() - (PAGE - nth) * timedelta(seconds=1)
            incidents.save(tx, ended(subject, at))
    scope = Scope(partners=frozenset({"provincial"}))
    browser = look(store, role=UserRole.PROVINCE_IT, scope=scope)
    page = browser.get("/incidents").text
    assert 'href="/incidents/1"' in page
    assert "before=" not in page
    assert browser.get("/incidents?before=1").status_code == 200
    assert browser.get("/incidents?before=2").status_code == 404
    sector = look(store, role=UserRole.HEAD, scope=Scope(sectors=frozenset({"G09"})))
    assert 'href="/incidents/1"' not in sector.get("/incidents").text


@pytest.mark.parametrize("path", ["/incidents/1/silence", "/incidents/silences"])
def test_a_refused_form_of_a_partners_it_names_no_silence_of_others(
    look: Look, store: Store, path: str
) -> None:
    """Their reasons are for the ward; of the own incident the visitor hears what covers it."""
    observe(store, WAITING)
    for rule, subject, reason in (
        ("oldest_open", "town_center", "lý do của trung tâm"),
        ("oldest_open", "provincial", "lý do của tỉnh"),
    ):
        wanted = Silence(rule=rule, subject=subject, until=now() + HOUR)
        signed: SignedBy = {"actor": "Lê Văn An", "reason": reason, "now": now()}
        acting.silence(store, wanted, rules=[rule], by=signed)
    scope = Scope(partners=frozenset({"provincial"}))
    answer = send(look(store, role=UserRole.PROVINCE_IT, scope=scope), path, reason=" ")
    assert answer.status_code == 422
    assert "lý do của trung tâm" not in answer.text
    assert ("silenced: lý do của tỉnh" in answer.text) == (path == "/incidents/1/silence")
    everyone = send(look(store), "/incidents/silences", reason=" ").text
    assert "lý do của trung tâm" in everyone


def test_every_signal_has_its_page_with_the_rules_of_the_office(look: Look, store: Store) -> None:
    """As the runbook has it; a name that is none is not there."""
    browser = look(store)
    for rule in packaged().rules:
        page = browser.get(f"/signals/{rule.signal}")
        assert (page.status_code, f"<code>{rule.name}</code>" in page.text) == (200, True)
    assert browser.get("/signals/nothing").status_code == 404

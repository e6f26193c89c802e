"""Acts that need two persons on both databases: by another one, once, only if nothing changed."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from hub.operations.approvals import deciding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.operations.deliveries import actions, cancellation, replay_one, resend
from hub.operations.signed_by import SignedBy
from hub.operations.users import accounts as users
from hub.operations.users import confirming
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.approvals import LASTS, ApprovalState, ApprovalVerb
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import audit
from hub.store.users import accounts, approvals
from hub.store.users.approvals import Approval
from tests.support.console import TO, dead, sending
from tests.support.users import CODE_KEY, add_user
from tests.support.works import now, step

CANCEL, RESEND, REPLAY = ApprovalVerb.CANCEL, ApprovalVerb.RESEND, ApprovalVerb.REPLAY_UNASKED
TERMS = {CANCEL: of_cancel(CancelTerms()), RESEND: b"", REPLAY: b""}
ABSENT = ApprovalVerb.CANCEL_ABSENT
OF_DEAD = [CANCEL, RESEND, REPLAY]
AFTER = {CANCEL: S.CANCELLED, RESEND: S.CANCELLED, REPLAY: S.PENDING}
Persons = Mapping[UserRole, Visitor]


def by(who: Visitor, at: datetime) -> SignedBy:
    """Return how a person signs."""
    return {"actor": who.actor, "reason": "a test", "now": at}


@pytest.fixture
def persons(store: Store) -> Persons:
    """One person of each role, and delivery 1, which is dead."""
    with store.write() as tx:
        assert dead(tx, step(1, 1)) == 1
    return {role: add_user(store, role.value, role=role, now=now()).visitor for role in UserRole}


def terms_of(store: Store, verb: ApprovalVerb) -> bytes:
    """Return what a verb needs besides."""
    if verb is not RESEND:
        return TERMS[verb]
    payload = msgspec.json.decode(resend.payload_of(store, 1))
    return msgspec.json.encode(payload | {"noiDungXuLy": "đã sửa"})


def propose(store: Store, who: Visitor, verb: ApprovalVerb = CANCEL) -> int:
    """Propose an act on delivery 1, which is dead."""
    terms = terms_of(store, verb)
    return deciding.propose(
        store, verb, 1, expected="dead", terms=terms, who=who, by=by(who, now())
    )


def approve(store: Store, number: int, who: Visitor) -> Approval:
    """Approve a proposal."""
    return deciding.approve(store, number, who=who, by=by(who, now()))


def state(store: Store) -> S:
    """Return the state of delivery 1."""
    with store.read() as tx:
        return transitions.place_of(tx, 1, lock=False)[0]


def doubt(tx: Tx, id: int) -> None:
    """Have a delivery that is being sent end as nobody knows."""
    transitions.doubt(tx, id, from_state=S.SENDING, query_at=None, code="reply_lost", detail="x")


def acts(store: Store) -> list[tuple[str, str]]:
    """Return actor and action of every row of the audit."""
    with store.read() as tx:
        query = sa.select(audit.c.actor, audit.c.action).order_by(audit.c.seq)
        return [(actor, action) for actor, action in tx.execute(query)]


@pytest.mark.parametrize("verb", OF_DEAD)
def test_what_two_persons_want_is_done(store: Store, persons: Persons, verb: ApprovalVerb) -> None:
    """Edit, discard, override: proposed by the operator, approved by the head, both audited."""
    operator, head = persons[UserRole.OPERATOR], persons[UserRole.HEAD]
    number = propose(store, operator, verb)
    assert state(store) is S.DEAD, "nothing is done before"
    done = approve(store, number, head)
    assert (done.state, done.approver) == (ApprovalState.DONE, "head")
    assert done.proposal.terms == b"", "what it held is gone"
    assert state(store) is AFTER[verb]
    proposed, act, approved = acts(store)
    assert proposed == (operator.actor, "approval.propose")
    assert (act[0], act[1][:9]) == (operator.actor, "delivery.")
    assert approved == (head.actor, "approval.done")


def test_both_see_it_in_their_inboxes(store: Store, persons: Persons) -> None:
    """The head to decide, the operator as an own one; nobody else to decide."""
    number = propose(store, persons[UserRole.OPERATOR])
    shown = {
        role: [it.number for it in deciding.inbox(store, who, now=now()).to_decide]
        for role, who in persons.items()
    }
    approvers = (UserRole.HEAD, UserRole.DEPUTY)
    assert shown == {role: [number] if role in approvers else [] for role in UserRole}
    (own,) = deciding.inbox(store, persons[UserRole.OPERATOR], now=now()).own
    assert own.state is ApprovalState.OPEN
    assert deciding.inbox(store, persons[UserRole.HEAD], now=now() + LASTS).to_decide == []


def test_of_many_approvals_at_once_one_does_it(store: Store, persons: Persons) -> None:
    """However often it is clicked, by whom."""
    number = propose(store, persons[UserRole.OPERATOR])

    def click(role: UserRole) -> str:
        try:
            return approve(store, number, persons[role]).state
        except ProposalNotDone:
            return "refused"

    with ThreadPoolExecutor(8) as threads:
        ended = list(threads.map(click, [UserRole.HEAD, UserRole.DEPUTY] * 6))
    assert sorted(ended) == ["done", *["refused"] * 11]
    assert [action for _, action in acts(store)].count("delivery.cancel") == 1


def test_clicking_twice_proposes_once(store: Store, persons: Persons) -> None:
    """Of one person; another one's is another proposal."""
    operator, head = persons[UserRole.OPERATOR], persons[UserRole.HEAD]
    with ThreadPoolExecutor(8) as threads:
        numbers = set(threads.map(lambda _: propose(store, operator), range(8)))
    assert len(numbers) == 1
    assert propose(store, head) not in numbers


@pytest.mark.parametrize(
    "role", [UserRole.OPERATOR, UserRole.OFFICER, UserRole.AUDITOR, UserRole.TOWN_IT]
)
def test_who_may_not_approve_does_not(store: Store, persons: Persons, role: UserRole) -> None:
    """The proposer neither, whatever the role."""
    number = propose(store, persons[UserRole.OPERATOR])
    with pytest.raises(ProposalNotDone):
        approve(store, number, persons[role])
    own = propose(store, persons[UserRole.HEAD])
    with pytest.raises(ProposalNotDone, match="own"):
        approve(store, own, persons[UserRole.HEAD])
    assert state(store) is S.DEAD


def test_what_changed_meanwhile_is_not_done(store: Store, persons: Persons) -> None:
    """The approver reads what it is now; the proposal has ended."""
    number = propose(store, persons[UserRole.OPERATOR])
    actions.replay(store, 1, **by(persons[UserRole.OPERATOR], now()))
    ended = approve(store, number, persons[UserRole.HEAD])
    assert ended.state is ApprovalState.STALE
    assert ended.outcome
    assert "delivery 1" in ended.outcome.en.lower()
    assert state(store) is S.PENDING
    with pytest.raises(StateConflict):
        propose(store, persons[UserRole.OPERATOR])


def test_another_situation_in_the_same_state_is_not_approved(
    store: Store, persons: Persons
) -> None:
    """It was replayed and is dead again: the proposer saw neither the call nor its cause."""
    number = propose(store, persons[UserRole.OPERATOR])
    with store.write() as tx:
        transitions.replay(tx, 1, now=now())
        transitions.claim(tx, [1], TO, now=now(), lease_until=now())
        transitions.kill(tx, 1, from_state=S.SENDING, code="reply_rejected", detail="x")
    assert state(store) is S.DEAD
    ended = approve(store, number, persons[UserRole.HEAD])
    assert ended.state is ApprovalState.STALE
    assert state(store) is S.DEAD
    again = propose(store, persons[UserRole.OPERATOR])
    assert again != number
    assert approve(store, again, persons[UserRole.HEAD]).state is ApprovalState.DONE


def test_what_the_partner_does_not_have_is_cancelled_by_two(store: Store, persons: Persons) -> None:
    """It stays ambiguous, and is not sent, until the second person says so."""
    operator, head = persons[UserRole.OPERATOR], persons[UserRole.HEAD]
    with store.write() as tx:
        id = sending(tx, step(2, 1))
        doubt(tx, id)
    number = deciding.propose(
        store,
        ABSENT,
        id,
        expected="ambiguous",
        terms=of_cancel(CancelTerms()),
        who=operator,
        by=by(operator, now()),
    )
    with store.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.AMBIGUOUS
    assert approve(store, number, head).state is ApprovalState.DONE
    with store.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.CANCELLED
    assert [action for _, action in acts(store)] == [
        "approval.propose",
        "delivery.resolve.absent",
        "delivery.cancel",
        "approval.done",
    ]


def test_nobody_alone_does_what_needs_two(store: Store, persons: Persons) -> None:
    """Whatever command calls it: the operation itself refuses."""
    alone = by(persons[UserRole.OPERATOR], now())
    with store.write() as tx:
        doubted = sending(tx, step(2, 1))
        doubt(tx, doubted)
    absent = actions.Resolution.ABSENT
    for act in (
        lambda: cancellation.cancel(store, 1, **alone),
        lambda: actions.resolve(store, doubted, absent, cancel=True, **alone),
        lambda: resend.resend(
            store, resend.correct(store, 1, terms_of(store, RESEND), now=now()), by=alone
        ),
        lambda: replay_one.replay(
            store,
            1,
            (),
            file_path=Path,
            by=alone,
            clock=now,
            on_delivered=lambda *_given, **_named: None,
            unasked=True,
        ),
    ):
        with pytest.raises(StateConflict, match="two persons"):
            act()
    assert state(store) is S.DEAD
    assert acts(store) == []


def test_who_was_given_secrets_by_the_proposer_is_no_second_person(
    store: Store, persons: Persons
) -> None:
    """Not for a proposal of anybody: the giver may have several names."""
    operator, head = persons[UserRole.OPERATOR], persons[UserRole.HEAD]
    deputy = persons[UserRole.DEPUTY]
    number, at = propose(store, operator), now()

    def key(own: str) -> None:
        users.issue_key(store, "head", own=own, by=by(operator, at))

    def password(own: str) -> None:
        users.reset_password(store, "head", own=own, by=by(operator, at))

    def codes(own: str) -> None:
        users.reset_codes(store, "head", code_key=CODE_KEY, own=own, by=by(operator, at))

    def renew() -> None:
        """Do as the console does for a person who is signed in."""
        with store.write() as tx:
            accounts.set_password(tx, "head", "a hash", given=False, now=at)
        key("head")

    for give in (key, password, codes):
        for giver in ("operator", "officer"):
            give(giver)
            with pytest.raises(ProposalNotDone, match=f"{giver} gave"):
                approve(store, number, head)
            assert state(store) is S.DEAD
        renew()
    confirming.confirm(store, "head", own="deputy", by=by(deputy, at))
    assert approve(store, number, head).state is ApprovalState.DONE


def test_a_proposer_who_lost_the_right_does_nothing_any_more(
    store: Store, persons: Persons
) -> None:
    """Retired, or of another role by now."""
    number = propose(store, persons[UserRole.OPERATOR])
    with store.write() as tx:
        accounts.retire(tx, "operator", now=now())
    assert approve(store, number, persons[UserRole.HEAD]).state is ApprovalState.STALE
    assert state(store) is S.DEAD


def test_a_proposal_is_refused_withdrawn_or_over(store: Store, persons: Persons) -> None:
    """Each once, and by the person that may; nothing is done."""
    operator, head = persons[UserRole.OPERATOR], persons[UserRole.HEAD]
    refused = propose(store, operator)
    with pytest.raises(ProposalNotDone):
        deciding.withdraw(store, refused, who=head, by=by(head, now()))
    ended = deciding.refuse(store, refused, who=head, by=by(head, now()))
    assert ended.state is ApprovalState.REFUSED
    withdrawn = propose(store, operator)
    ended = deciding.withdraw(store, withdrawn, who=operator, by=by(operator, now()))
    assert ended.state is ApprovalState.WITHDRAWN
    over = propose(store, operator)
    later = now() + LASTS
    with pytest.raises(ProposalNotDone, match="over"):
        deciding.approve(store, over, who=head, by=by(head, later))
    deciding.expire(store, later)
    for number in (refused, withdrawn, over):
        with pytest.raises(ProposalNotDone):
            approve(store, number, head)
    with store.read() as tx:
        found = approvals.numbered(tx, over)
    assert found
    assert found.state is ApprovalState.EXPIRED
    assert state(store) is S.DEAD


def test_what_is_out_of_scope_is_as_unknown_as_what_is_not_there(
    store: Store, persons: Persons
) -> None:
    """A head of one sector reads nothing of the others; nor does that person propose there."""
    number = propose(store, persons[UserRole.OPERATOR])
    narrow = replace(persons[UserRole.DEPUTY], scope=Scope(sectors=frozenset({"G15-TP03"})))
    for wrong in (number, number + 1):
        with pytest.raises(ProposalNotDone) as refused:
            approve(store, wrong, narrow)
        assert "There is no proposal" in refused.value.text.en
    with pytest.raises(ProposalNotDone):
        propose(store, replace(persons[UserRole.OFFICER], scope=narrow.scope))


def test_what_a_person_proposed_whose_account_is_locked_is_not_done(
    store: Store, persons: Persons
) -> None:
    """A locked account opens nothing, also not by the hand of an approver."""
    number = propose(store, persons[UserRole.OPERATOR])
    with store.write() as tx:
        accounts.lock(tx, "operator", at=now())
    assert approve(store, number, persons[UserRole.HEAD]).state is ApprovalState.STALE
    assert state(store) is S.DEAD

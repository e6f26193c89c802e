"""What every destination promises, as one suite: an adapter gets it by subclassing.

    class TestPost(LineContract):
        features = Features(accepts=frozenset({"post.letter"}), files=False)

        @pytest.fixture
        def partner(self, post: SimulatorProcess) -> Iterator[PartnerUnderTest]: ...

`DestinationContract` holds for every destination, `LineContract` (a module of its own) besides for
those whose partner is a simulator of `adapters.simulation`, reached over HTTP. A test that needs a
feature which the record does not have is left out of the subclass. What only one partner does stays
in that partner's own tests.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Protocol, TypeVar

import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import SurveySubmitted
from hub.ports import Absent, Destination, Receipt, Request, Unclear
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)
from tests.support.partners.province import RECEIVED

K = FaultKind
_numbers = itertools.count(1)
Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a partner has and its adapter promises, for one operation."""

    accepts: frozenset[str]
    """Names of the message types that the adapter takes."""
    idempotent: bool = False
    """The partner drops a repeat of the same message id."""
    findable: bool = True
    """`find` proves presence and absence."""
    tells_existing: bool = True
    """A repeat is answered with "already exists", and compared with what is there."""
    lags: bool = True
    """`find` may read a copy that is behind: `Request.beside` is weighed."""
    files: bool = True
    """The call names the dossier's files."""
    sessions: bool = True
    """Calls need a login, whose end the adapter notices."""
    limits: bool = True
    """The partner says when it wants to be called again (`retry_after`)."""
    waits: bool = False
    """An absent partner is waited for: the call is not begun, and no attempt is used."""


def needs(feature: str) -> Callable[[Test], Test]:
    """Leave the test out where the features do not have this."""

    def mark(test: Test) -> Test:
        test.__dict__["needs"] = feature
        return test

    return mark


class PartnerUnderTest(Protocol):
    """A partner with a ledger of its own, as the suite uses it."""

    personal: tuple[str, ...]
    """Words of the payloads that no failure, receipt or question may hold."""
    first_call: str
    """The partner's name of the operation under test."""
    look_up: str
    """The partner's name of the operation that `find` uses."""
    login: str
    """The partner's name of its login, "" without one."""

    def destination(self, *, reply_timeout: timedelta = timedelta(seconds=20)) -> Destination:
        """Return a new destination; the suite closes it."""

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:
        """Return what is said of a dossier; `other`: the same step of it, with other content."""

    def begin(self, destination: Destination, number: str) -> None:
        """Send what has to be there before the operation under test."""

    def effects(self, number: str) -> int:
        """Return how often the operation under test took effect on a dossier."""

    def set_faults(self, *faults: Fault) -> None:
        """Switch on exactly these."""

    def clear_faults(self) -> None:
        """Switch everything off."""


def request_for(destination: Destination, message: Message) -> Request:
    """Return the destination's request for a message."""
    return destination.prepare(message, catalog.read(message))


def failure_of(partner: PartnerUnderTest, call: Callable[[], object]) -> DeliveryFailure:
    """Return the failure of a call; it tells nothing about a person."""
    with pytest.raises(DeliveryFailure) as caught:
        call()
    said = f"{caught.value} {caught.value.detail} {caught.value.differs}"
    assert not [word for word in partner.personal if word in said]
    return caught.value


def at(fault: Fault, operation: str) -> Fault:
    """Return the fault for the next call of one operation."""
    if fault.kind is K.DOWN:
        return fault  # it concerns the address, not a call
    values = {name: getattr(fault, name) for name in fault.__struct_fields__}
    return Fault(**{**values, "operations": (operation,), "remaining": 1})


AWAITED = (NotAttempted, "printer_not_ready")
CERTAIN = [
    (Fault(kind=K.DOWN), TransientFailure, "partner_unreachable"),
    (Fault(kind=K.BUSY, seconds=7), TransientFailure, "partner_busy"),
    (Fault(kind=K.REFUSES), PermanentFailure, "partner_refused"),
]
"""Faults after which the partner has certainly done nothing."""


class DestinationContract:
    """The promises of `hub.ports.Destination`; see the module."""

    features: ClassVar[Features]

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "features"):
            return
        for name in dir(cls):
            feature = getattr(getattr(cls, name), "needs", "")
            if feature and not getattr(cls.features, feature):
                setattr(cls, name, None)

    @pytest.fixture
    def partner(self) -> Iterator[PartnerUnderTest]:
        """The partner; every subclass has its own."""
        raise NotImplementedError

    @pytest.fixture
    def destination(self, partner: PartnerUnderTest) -> Iterator[Destination]:
        """The adapter under test."""
        made = partner.destination()
        yield made
        made.close()

    @pytest.fixture
    def number(self, partner: PartnerUnderTest, destination: Destination) -> str:
        """A dossier of its own, as far as it has to be for the operation under test."""
        number = f"000.99.07.H57-180724-{next(_numbers):05d}"
        partner.begin(destination, number)
        return number

    @pytest.fixture
    def request_of(
        self, partner: PartnerUnderTest, destination: Destination, number: str
    ) -> Request:
        """The call of this test, prepared."""
        return request_for(destination, partner.message(number))

    def test_traits_promise_what_the_features_say(
        self, destination: Destination, partner: PartnerUnderTest
    ) -> None:
        """Recovery decides by the traits: they are the truth about this partner."""
        traits = destination.traits
        assert (traits.accepts, traits.idempotent, traits.findable) == (
            self.features.accepts,
            self.features.idempotent,
            self.features.findable,
        )
        assert partner.message("000.99.07.H57-180724-00000").type in traits.accepts
        assert traits.concurrency > 0
        assert traits.longest_send >= traits.longest_call > timedelta()

    def test_prepare_gives_the_same_request_for_the_same_message(
        self, destination: Destination, partner: PartnerUnderTest, number: str
    ) -> None:
        """It is pure: the digest is of the content alone, and nothing reaches the partner."""
        message = partner.message(number)
        first, again = (request_for(destination, message) for _ in range(2))
        assert (first.digest, first.operation) == (again.digest, again.operation)
        assert (first.operation, len(first.digest)) == (partner.first_call, 64)
        assert (first.number, first.message_id) == (number, message.id)
        assert partner.effects(number) == 0

    def test_other_content_has_another_digest(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """The digest is the evidence of what was sent."""
        other = request_for(destination, partner.message(number, other=True))
        assert other.digest != request_of.digest

    @needs("files")
    def test_files_are_part_of_the_content(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """They are named in the call; their bodies are fetched by the partner."""
        named = request_for(destination, partner.message(number, files=True))
        assert named.digest != request_of.digest

    def test_a_message_for_another_partner_is_refused_before_anything_is_sent(
        self, destination: Destination
    ) -> None:
        """A payload without an operation is certainly no effect, and never will be one."""
        survey = SurveySubmitted(slip="P1", scores={"a": 2}, submitted_at=RECEIVED)
        message = catalog.compose(survey, time=RECEIVED, source="records")
        with pytest.raises(PermanentFailure):
            destination.prepare(message, survey)

    def test_a_call_takes_effect_once(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """The receipt says that the effect is of this call, and the partner's ledger has it."""
        receipt = destination.send(request_of)
        assert not receipt.already
        assert partner.effects(number) == 1

    def test_an_effect_is_absent_before_the_call_and_found_after_it(
        self, destination: Destination, request_of: Request
    ) -> None:
        """Where the partner can be asked, its answer is the truth; else it proves nothing."""
        before, _, after = (
            destination.find(request_of),
            destination.send(request_of),
            destination.find(request_of),
        )
        if self.features.findable:
            assert before == Absent()
            assert isinstance(after, Receipt)
        else:
            assert not isinstance(before, Absent)

    def test_asking_changes_nothing(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """`find` is safe any number of times, and its question is the same each time."""
        questions = {destination.question(request_of) for _ in range(2)}
        for _ in range(3):
            destination.find(request_of)
        assert partner.effects(number) == 0
        assert len(questions) == 1
        [question] = questions
        assert question.operation == partner.look_up
        assert question.digest != request_of.digest

    @needs("findable")
    def test_other_content_is_never_taken_for_the_effect_of_a_call(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """What is there is compared, not only looked up by its number."""
        destination.send(request_of)
        other = request_for(destination, partner.message(number, other=True))
        assert not isinstance(destination.find(other), Receipt)

    @needs("lags")
    def test_a_look_up_without_what_the_partner_is_known_to_have_proves_no_absence(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """It reads a copy that is behind: the effect may be missing from it for the same reason."""
        known = request_for(destination, partner.message(number, other=True))
        asked = replace(request_of, beside=(known,))
        assert isinstance(destination.find(asked), Unclear)

    @needs("tells_existing")
    def test_a_repeat_is_a_receipt_with_a_mark(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """ "Already exists" with the same content is success, and no second effect."""
        destination.send(request_of)
        assert destination.send(request_of).already
        assert partner.effects(number) == 1

    @needs("tells_existing")
    def test_the_same_content_under_another_message_id_is_already_there(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """A corrected copy that changed nothing is recognised by comparing."""
        destination.send(request_of)
        again = request_for(destination, partner.message(number))
        assert again.message_id != request_of.message_id
        assert destination.send(again).already
        assert isinstance(destination.find(again), Receipt)
        assert partner.effects(number) == 1

    @needs("tells_existing")
    def test_a_number_taken_by_other_content_is_a_conflict(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """ "Already exists" about something else is no success: a person has to decide."""
        destination.send(request_for(destination, partner.message(number, other=True)))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert (type(failure), failure.code) == (PermanentFailure, "partner_conflict")
        assert failure.differs
        assert isinstance(destination.find(request_of), Unclear)
        assert partner.effects(number) == 1

    @needs("idempotent")
    def test_a_repeat_of_a_message_is_dropped(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """It may be sent again after an unknown effect: the partner knows the message id."""
        for _ in range(3):
            destination.send(request_of)
        assert partner.effects(number) == 1

    @pytest.mark.parametrize(
        ("fault", "kind", "code"), CERTAIN, ids=[it.kind for it, _, _ in CERTAIN]
    )
    def test_a_certain_failure_has_no_effect(
        self,
        destination: Destination,
        partner: PartnerUnderTest,
        number: str,
        request_of: Request,
        fault: Fault,
        kind: type[DeliveryFailure],
        code: str,
    ) -> None:
        """The class says "no effect", and the ledger agrees; afterwards the same call works."""
        partner.set_faults(at(fault, partner.first_call))
        failure = failure_of(partner, lambda: destination.send(request_of))
        partner.clear_faults()
        waits = self.features.waits and fault.kind is K.DOWN
        assert (type(failure), failure.code) == (AWAITED if waits else (kind, code))
        assert partner.effects(number) == 0
        if self.features.findable:
            assert destination.find(request_of) == Absent()
        assert not destination.send(request_of).already
        assert partner.effects(number) == 1

    @needs("findable")
    def test_a_refused_query_has_a_code_of_its_own(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """An operator must not read that the dossier was refused: the partner may have it."""
        destination.send(request_of)
        partner.set_faults(at(Fault(kind=K.REFUSES), partner.look_up))
        failure = failure_of(partner, lambda: destination.find(request_of))
        partner.clear_faults()
        assert failure.code == "query_refused"
        assert failure.response_hash
        assert isinstance(destination.find(request_of), Receipt)
        assert partner.effects(number) == 1

    @needs("limits")
    def test_a_wish_to_be_called_later_is_handed_on(
        self, destination: Destination, partner: PartnerUnderTest, request_of: Request
    ) -> None:
        """Recovery waits as long as the partner asks for."""
        partner.set_faults(at(Fault(kind=K.BUSY, seconds=7), partner.first_call))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert failure.retry_after == timedelta(seconds=7)

    def test_a_reply_lost_after_the_effect_leaves_it_unknown(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """Never success and never "no effect"; where the partner can be asked, `find` settles."""
        partner.set_faults(at(Fault(kind=K.DROP_AFTER_ACCEPT), partner.first_call))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert isinstance(failure, AmbiguousFailure)
        if self.features.findable:
            assert isinstance(destination.find(request_of), Receipt)
        assert partner.effects(number) == 1

    def test_threads_get_each_the_receipt_of_their_own_call(
        self, destination: Destination, partner: PartnerUnderTest, number: str
    ) -> None:
        """As many calls at once as the traits allow; each takes effect once."""
        numbers = [f"{number}{index}" for index in range(min(destination.traits.concurrency, 8))]

        def call(own: str) -> Receipt:
            partner.begin(destination, own)
            return destination.send(request_for(destination, partner.message(own)))

        with ThreadPoolExecutor(len(numbers)) as pool:
            receipts = list(pool.map(call, numbers))
        assert [receipt.already for receipt in receipts] == [False] * len(numbers)
        assert len({receipt.reference for receipt in receipts}) == len(numbers)
        assert [partner.effects(own) for own in numbers] == [1] * len(numbers)

    def test_ping_answers_when_the_partner_takes_calls(self, destination: Destination) -> None:
        """An operator's check before go-live."""
        destination.ping()

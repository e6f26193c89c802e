"""What a destination over HTTP promises besides: replies that are late, torn, or of somebody else.

The partner is a simulator of `adapters.simulation`, which has every fault of `FaultKind`.
"""

from contextlib import suppress
from datetime import timedelta

import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub.ports import Absent, Destination, Receipt, Request
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.contract.destinations.destination_contract import (
    DestinationContract,
    PartnerUnderTest,
    at,
    failure_of,
    needs,
    request_for,
)

K = FaultKind
HASTY = timedelta(seconds=1)

UNREADABLE = [
    K.HTML,
    K.TRUNCATED,
    K.WRONG_ENCODING,
    K.OTHER_DOSSIER,
    K.HUGE,
    K.REDIRECT,
    K.DEEP,
    K.ENTITIES,
]
"""The partner has done its work, and the reply is none that says so."""
UNKNOWN = [
    (Fault(kind=K.DROP_AFTER_ACCEPT), "reply_dropped"),
    (Fault(kind=K.SERVER_ERROR, status=502), "reply_server_error"),
    (Fault(kind=K.SERVER_ERROR, status=504), "reply_server_error"),
    *((Fault(kind=kind), "reply_unreadable") for kind in UNREADABLE),
]


class LineContract(DestinationContract):
    """`DestinationContract`, and what a line and its gateways add."""

    def test_a_receipt_holds_the_hash_of_the_reply(
        self, destination: Destination, request_of: Request
    ) -> None:
        """It is the evidence of what the partner answered, beside the partner's own reference."""
        receipt = destination.send(request_of)
        assert len(receipt.response_hash) == 64
        assert receipt.reference

    @pytest.mark.parametrize(
        ("fault", "code"), UNKNOWN, ids=[f"{it.kind}-{it.status}" for it, _ in UNKNOWN]
    )
    def test_an_effect_without_a_readable_reply_is_unknown_and_found(
        self,
        destination: Destination,
        partner: PartnerUnderTest,
        number: str,
        request_of: Request,
        fault: Fault,
        code: str,
    ) -> None:
        """A reply that is none is never success and never "no effect"; `find` tells the truth."""
        partner.set_faults(at(fault, partner.first_call))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert (type(failure), failure.code) == (AmbiguousFailure, code)
        if self.features.findable:
            assert isinstance(destination.find(request_of), Receipt)
        assert partner.effects(number) == 1

    def test_an_error_of_the_partners_server_is_unknown_and_found_absent(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """It may have broken before or after the work: only the answer to `find` says which."""
        partner.set_faults(at(Fault(kind=K.SOAP_FAULT), partner.first_call))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert (type(failure), failure.code) == (AmbiguousFailure, "reply_server_error")
        if self.features.findable:
            assert destination.find(request_of) == Absent()
        assert partner.effects(number) == 0

    def test_a_late_reply_is_unknown_and_found(
        self, partner: PartnerUnderTest, number: str, request_of: Request, destination: Destination
    ) -> None:
        """We gave up waiting, the partner did it: asking proves it."""
        hasty = partner.destination(reply_timeout=HASTY)
        hasty.ping()
        partner.set_faults(at(Fault(kind=K.LATE, seconds=4), partner.first_call))
        failure = failure_of(partner, lambda: hasty.send(request_of))
        hasty.close()
        assert (type(failure), failure.code) == (AmbiguousFailure, "reply_timeout")
        if self.features.findable:
            assert isinstance(destination.find(request_of), Receipt)
        assert partner.effects(number) == 1

    def test_a_partner_that_begins_late_is_unknown(
        self, partner: PartnerUnderTest, request_of: Request
    ) -> None:
        """We gave up before the partner began: that is no proof that it never will."""
        hasty = partner.destination(reply_timeout=HASTY)
        hasty.ping()
        partner.set_faults(at(Fault(kind=K.SLOW, seconds=4), partner.first_call))
        failure = failure_of(partner, lambda: hasty.send(request_of))
        hasty.close()
        assert (type(failure), failure.code) == (AmbiguousFailure, "reply_timeout")

    def test_a_reply_that_comes_twice_is_not_taken_for_the_next_one(
        self, destination: Destination, partner: PartnerUnderTest, number: str
    ) -> None:
        """Were the copy believed, the second dossier would be lost."""
        for index in range(5):
            numbers = [f"{number}{index}{which}" for which in range(2)]
            for own in numbers:
                partner.begin(destination, own)
            first, second = (request_for(destination, partner.message(own)) for own in numbers)
            partner.set_faults(at(Fault(kind=K.TWICE), partner.first_call))
            assert not destination.send(first).already
            # Found out, or the copy came too late to be met: then the call was made.
            with suppress(AmbiguousFailure):
                destination.send(second)
                assert partner.effects(numbers[1]) == 1
            assert partner.effects(numbers[0]) == 1

    @needs("findable")
    @pytest.mark.parametrize(
        "fault",
        [
            *(fault for fault, _ in UNKNOWN),
            Fault(kind=K.SERVER_ERROR, status=404),
            Fault(kind=K.SOAP_FAULT),
            Fault(kind=K.BUSY, seconds=3),
        ],
        ids=lambda fault: f"{fault.kind}-{fault.status}",
    )
    def test_a_look_up_that_fails_proves_nothing(
        self,
        destination: Destination,
        partner: PartnerUnderTest,
        request_of: Request,
        fault: Fault,
    ) -> None:
        """Neither presence nor absence is concluded, and asking again is safe."""
        destination.send(request_of)
        partner.set_faults(at(fault, partner.look_up))
        failure = failure_of(partner, lambda: destination.find(request_of))
        assert isinstance(failure, TransientFailure)
        assert isinstance(destination.find(request_of), Receipt)

    @needs("tells_existing")
    def test_a_conflict_is_not_concluded_from_a_look_up_that_failed(
        self, destination: Destination, partner: PartnerUnderTest, request_of: Request
    ) -> None:
        """ "Already exists" and nothing to compare with: no effect, so it is tried again."""
        destination.send(request_of)
        partner.set_faults(at(Fault(kind=K.DROP_AFTER_ACCEPT), partner.look_up))
        failure = failure_of(partner, lambda: destination.send(request_of))
        assert isinstance(failure, TransientFailure)
        assert destination.send(request_of).already

    @needs("sessions")
    def test_a_session_that_ends_is_renewed_and_the_call_made_at(
        self, destination: Destination, partner: PartnerUnderTest, number: str, request_of: Request
    ) -> None:
        """The officer never sees that a session ran out."""
        destination.ping()
        partner.set_faults(at(Fault(kind=K.EXPIRED_TOKEN), partner.first_call))
        assert not destination.send(request_of).already
        assert partner.effects(number) == 1

    @needs("sessions")
    @pytest.mark.parametrize(
        "kind",
        [
            K.BUSY,
            K.REFUSES,
            K.SOAP_FAULT,
            K.DROP_AFTER_ACCEPT,
            K.SERVER_ERROR,
            *(kind for kind in UNREADABLE if kind is not K.OTHER_DOSSIER),
        ],
    )
    def test_a_login_that_fails_has_no_effect(
        self, partner: PartnerUnderTest, number: str, request_of: Request, kind: FaultKind
    ) -> None:
        """Whatever comes in place of a session, no dossier is in doubt or given up for it."""
        stranger = partner.destination()
        # For every login, not the next one: a partner's callbacks may log in beside us.
        partner.set_faults(Fault(kind=kind, operations=(partner.login,)))
        failure = failure_of(partner, lambda: stranger.send(request_of))
        partner.clear_faults()
        stranger.close()
        assert isinstance(failure, TransientFailure)
        assert partner.effects(number) == 0

    def test_ping_fails_when_the_partner_is_away(
        self, destination: Destination, partner: PartnerUnderTest
    ) -> None:
        """With a failure that says so, also on a connection that was open."""
        destination.ping()
        partner.set_faults(Fault(kind=K.DOWN))
        failure = failure_of(partner, destination.ping)
        assert (type(failure), failure.code) == (TransientFailure, "partner_unreachable")

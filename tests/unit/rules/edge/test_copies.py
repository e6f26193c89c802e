"""What proves a copied spool."""

from datetime import UTC, datetime, timedelta

from hub.rules.edge.copies import MOST_KEPT, CopyProof, added, described
from hub.rules.edge.sequence import Progress, is_used

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)


def proof(nth: int, *, later: int = 0, number: str = "") -> CopyProof:
    """Return a proof."""
    return CopyProof(
        at=AT + timedelta(minutes=later),
        device="quay-2.counter",
        sequence=nth,
        message=f"m{nth}",
        number=number,
    )


def test_the_first_time_and_each_message_once() -> None:
    """A proof that comes again changes nothing, and there is an end."""
    kept = added([proof(1)], [proof(1, later=5), proof(2, later=5, number="A-1")])
    assert kept == [proof(1), proof(2, later=5, number="A-1")]
    assert described(kept) == "09:00 30/11/2026: quay-2.counter 1, A-1"
    many = added(kept, [proof(nth) for nth in range(3, 3 * MOST_KEPT)])
    assert many[:2] == kept
    assert len(many) == MOST_KEPT
    assert len(described(many)) <= 200


def test_which_numbers_are_used() -> None:
    """Those that came; a missing one and the next are not."""
    progress = Progress(9, ((4, 5),))
    assert [nth for nth in range(1, 12) if is_used(progress, nth)] == [1, 2, 3, 6, 7, 8, 9]

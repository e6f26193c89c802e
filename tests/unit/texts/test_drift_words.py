"""What a person reads of drift is there for every kind, in both languages."""

from datetime import UTC, datetime

import pytest

from hub.operations.drift.words import finding, what
from hub.ports import DriftKind
from hub.store.repair.replies.drift import DriftKey

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", DriftKind)
def test_every_kind_of_drift_has_words_of_its_own(kind: DriftKind) -> None:
    """No clerk reads the name of a kind; and what to do stands in both languages."""
    for text in what(kind):
        assert text
        assert "_" not in text
    key = DriftKey(partner="provincial", operation="TraCuuHoSo", kind=kind, place="error_code")
    task = finding([key], since=AT)
    assert all("`hub tasks done`" in text for text in task.repair)


def test_a_code_under_another_status_needs_a_line_of_the_profile() -> None:
    """Asking alone does not help: the code is not believed under that status."""
    key = DriftKey(
        partner="provincial", operation="A", kind=DriftKind.CODE_STATUS, place="error_code"
    )
    repair = finding([key], since=AT).repair
    assert all("`statuses`" in text for text in repair)
    assert all("rehearse" in text for text in repair)

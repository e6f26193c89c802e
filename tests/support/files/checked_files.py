"""Gives a ward's file store the check of contents that a hub has, and its place for findings."""

from hub.bootstrap.file_store import FileNoting
from hub.file_checks.check import ContentCheck
from tests.support.ward import Ward
from tests.support.works import now


def check_contents(ward: Ward, check: ContentCheck | None = None) -> None:
    """Have every file proven by its content, from now on."""
    ward.files.check = check or ContentCheck()
    ward.files.note = FileNoting(ward.store, now)

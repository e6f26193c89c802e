"""What a parser says about a file that it cannot vouch for; known to the child process alone."""

BROKEN, LOCKED, ACTIVE, BOMB, TYPE = (
    "file_broken",
    "file_locked",
    "file_active",
    "file_bomb",
    "file_type_refused",
)


class Rejected(Exception):
    """A file must not be stored: a fault code, and the cause in technical words without data."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why

"""The one error of this package: bytes or values that break our own message contract."""


class InvalidMessage(Exception):
    """A message breaks the contract of its type; it can never be handled as it is.

    `code` is stable and has a heading in docs/runbook; `where` is a JSON path or a field name;
    `why` holds no personal data (names and types of fields, never their values).
    """

    def __init__(self, code: str, *, where: str, why: str) -> None:
        super().__init__(f"{code} at {where}: {why}")
        self.code = code
        self.where = where
        self.why = why

"""Each operation is answered by what was written for it, never by another's function."""

from hub.gateway.partner_calls.operations import OPERATIONS
from hub.gateway.partner_calls.queries import QUERIES


def test_each_query_operation_has_a_function_of_its_own() -> None:
    """A new one without it fails here, before SOAP or `/v1` serves it; a command has none."""
    assert set(QUERIES) == {operation for operation in OPERATIONS if not operation.is_command}
    assert len(set(QUERIES.values())) == len(QUERIES)

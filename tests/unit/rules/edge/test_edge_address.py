"""Where the code and the key of a workstation may go."""

import pytest

from hub.rules.edge.enrolment import keeps_secrets


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://hub.ward.example", True),
        ("https://192.0.2.1:8443", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://hub.ward.example", False),
        ("http://192.0.2.1:8080", False),
        ("http://localhost.ward.example", False),
        ("http://127.0.0.1@hub.ward.example", False),
        ("https://", False),
        ("http://[", False),
        ("hub.ward.example", False),
    ],
)
def test_secrets_go_by_tls_or_stay_on_the_machine(url: str, kept: bool) -> None:
    """Everybody on the ward's network reads what goes by plain HTTP."""
    assert keeps_secrets(url) is kept

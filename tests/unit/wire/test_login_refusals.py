"""A login that is read and lacks what is needed names the field and what to do."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.town_center.token import granted
from adapters.wire.reading import Reply
from hub.rules.failures.errors import TransientFailure

USUAL = {"access_token": "abc", "expires_in": 3600, "token_type": "Bearer"}


def said(**changes: Any) -> Reply:
    return Reply(status=200, body=json.dumps(USUAL | changes).encode())


@pytest.mark.parametrize(
    "changes",
    [{"access_token": "Bearer abc"}, {"access_token": " bearer  abc "}, {"token_type": "JWT"}],
    ids=str,
)
def test_a_token_in_another_form_is_the_same_token(changes: dict[str, Any]) -> None:
    """With its scheme ahead, or called after what is in it."""
    assert granted(said(**changes), cautious=timedelta(minutes=5)).token == "abc"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"access_token": None, "accessToken": "abc"}, "token, access_token: missing; ask the"),
        ({"access_token": "a b"}, "token, access_token: no text for a header"),
        ({"token_type": "mac"}, "token, token_type: not Bearer"),
    ],
    ids=str,
)
def test_a_token_that_cannot_be_used_names_its_field(changes: dict[str, Any], told: str) -> None:
    """Nothing is delivered until a person knows which."""
    with pytest.raises(TransientFailure, match="partner_login") as refused:
        granted(said(**changes), cautious=timedelta(minutes=5))
    assert told in str(refused.value)

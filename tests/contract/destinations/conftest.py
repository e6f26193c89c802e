"""The contracts of this folder are asserted as clearly as tests."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.destinations.destination_contract",
    "tests.contract.destinations.line_contract",
)

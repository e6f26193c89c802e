"""Which versions are claimed, and in which combinations they are run.

Every pair of versions of two programs meets in one combination, so four are enough. A version that
is not named here is not proven: RabbitMQ 4.3 is none of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Combination:
    """Versions that run together, each as far as it is claimed: "3.10", "17", "3.13"."""

    rabbitmq: str
    postgresql: str
    python: str

    @property
    def name(self) -> str:
        """A name for files."""
        return f"rabbitmq-{self.rabbitmq}-postgresql-{self.postgresql}-python-{self.python}"


COMBINATIONS = (
    Combination("3.10", "15", "3.11"),
    Combination("3.10", "17", "3.13"),
    Combination("4.0", "15", "3.13"),
    Combination("4.0", "17", "3.11"),
)

SLICES = {
    "broker contract": ("tests/contract/broker", "tests/contract/rabbit"),
    "store": (
        "tests/contract/store/test_store.py",
        "tests/contract/deliveries/test_claim_and_settle.py",
    ),
    "exchange": (
        "tests/integration/exchange/test_exchange.py",
        "tests/integration/exchange/test_exchange_services.py",
    ),
    "chaos": ("tests/chaos/test_slice.py",),
}
"""What each combination has to pass: folders and files of tests."""

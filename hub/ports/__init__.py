"""The contracts between the hub and everything outside it.

Destinations and sources are written by adapters, brokers by hub/broker; hub/exchange uses all
through these protocols only. Each has one contract suite under tests/contract.
"""

from hub.ports.brokers import (
    Broker,
    BrokerUnavailable,
    Confirm,
    Consumer,
    ConsumerLost,
    Incoming,
    Outgoing,
    Publisher,
)
from hub.ports.contracts import (
    ContractReader,
    Fetched,
    FetchOutcome,
)
from hub.ports.destinations import (
    Absent,
    Answer,
    Destination,
    Doubt,
    Question,
    Receipt,
    Request,
    Unclear,
)
from hub.ports.drift import (
    Drift,
    DriftKind,
    DriftObserver,
    ignore_drift,
)
from hub.ports.places import (
    BlobPath,
    Clock,
)
from hub.ports.sources import (
    AcceptanceUnknown,
    Accepted,
    CallbackAnswer,
    Sink,
    Source,
    Validator,
)

__all__ = [
    "Absent",
    "AcceptanceUnknown",
    "Accepted",
    "Answer",
    "BlobPath",
    "Broker",
    "BrokerUnavailable",
    "CallbackAnswer",
    "Clock",
    "Confirm",
    "Consumer",
    "ConsumerLost",
    "ContractReader",
    "Destination",
    "Doubt",
    "Drift",
    "DriftKind",
    "DriftObserver",
    "FetchOutcome",
    "Fetched",
    "Incoming",
    "Outgoing",
    "Publisher",
    "Question",
    "Receipt",
    "Request",
    "Sink",
    "Source",
    "Unclear",
    "Validator",
    "ignore_drift",
]

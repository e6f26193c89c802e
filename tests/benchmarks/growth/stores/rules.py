"""How each table of the store multiplies: which rows are copied, and what is renamed in a copy.

Only dossiers that are finished are copied: what is open in the seed stays as little as it is. A
table without an entry is refused, so that a new one is thought of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

CHOSEN = "growth_chosen"
"""Table of the dossier numbers that are copied."""
_OF_CHOSEN = f"IN (SELECT number FROM {CHOSEN})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one table multiplies."""

    chosen: str
    """Condition for the rows that are copied."""
    order: str
    ids: tuple[str, ...] = ()
    """Columns with a message id."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """Columns with a running number, and the table whose numbers those are."""
    unique: str = ""
    """A text column that has to differ from that of every other copy, whatever is in it."""


DELIVERIES_OF_CHOSEN = f"lane {_OF_CHOSEN}"
MULTIPLIED = {
    "dossiers": Rule(chosen=f"number {_OF_CHOSEN}", order="number"),
    "journal": Rule(
        chosen=f"key {_OF_CHOSEN}",
        order="id",
        ids=("id", "correlation_id", "causation_id"),
    ),
    "inbox": Rule(
        chosen=f"message_id IN (SELECT id FROM journal WHERE key {_OF_CHOSEN})",
        order="dedup_key",
        ids=("message_id",),
        unique="dedup_key",
    ),
    "deliveries": Rule(
        chosen=DELIVERIES_OF_CHOSEN,
        order="id",
        ids=("message_id",),
        counts={"id": "deliveries", "place": "deliveries"},
    ),
    "lanes": Rule(chosen=f"lane {_OF_CHOSEN}", order="destination, lane"),
    "attempts": Rule(
        chosen=f"delivery_id IN (SELECT id FROM deliveries WHERE {DELIVERIES_OF_CHOSEN})",
        order="id",
        counts={"id": "attempts", "delivery_id": "deliveries"},
    ),
    "dossier_events": Rule(
        chosen=f"number {_OF_CHOSEN}",
        order="id",
        ids=("message_id",),
        counts={"id": "dossier_events"},
    ),
    "dossier_files": Rule(
        chosen=f"number {_OF_CHOSEN}", order="number, sha256, component", ids=("message_id",)
    ),
    "changes": Rule(
        chosen=f"number {_OF_CHOSEN}",
        order="position",
        ids=("message_id",),
        counts={"position": "changes"},
    ),
    "dossier_names": Rule(chosen=f"number {_OF_CHOSEN}", order="rotation, number"),
    "legs": Rule(chosen=f"number {_OF_CHOSEN}", order="number"),
    "leg_steps": Rule(chosen=f"number {_OF_CHOSEN}", order="number, sequence", ids=("message_id",)),
}
HANDOVERS = f"number {_OF_CHOSEN}"
"""The rows of the chained log that are copied, each hashed anew: see `chained`."""
STAYS = {
    "alert_messages": "of thirty days: a few a day",
    "alert_silences": "acts of persons: few",
    "approvals": "acts of persons: few",
    "archive_files": "nothing is archived yet",
    "archived_dossiers": "nothing is archived yet",
    "audit": "acts of persons: few",
    "balance_checks": "few: proofs that the counts agree",
    "blobs": "every copy refers to the seed's files",
    "chain_anchors": "few: places up to which a chain was verified",
    "chain_heads": "moved on by the hand-overs",
    "change_epochs": "a row a restore",
    "change_feed": "one row, moved on by the changes",
    "client_calls": "of one minute: each counted call removes what is older",
    "client_secrets": "a row for each act of a person",
    "client_tokens": "of five minutes",
    "file_findings": "a file that is looked after by a person",
    "uploads": "what is under way: 50 a client at most, removed after a day",
    "clients": "a row for each act of a person",
    "contracts": "a row a partner",
    "delivery_count_changes": "written anew, summed up",
    "delivery_counts": "as the changes",
    "device_states": "one a device",
    "ticket_series": "of thirty days",
    "tickets": "of thirty days",
    "disk_samples": "one a day",
    "dossier_claims": "of one hour",
    "dossier_keys": "nothing is archived yet",
    "drift": "few: differences of replies",
    "edge_agents": "acts of persons: few",
    "edge_numbers": "of ninety days: a few an agent and day",
    "edge_prints": "of ninety days: one a paper at a workstation",
    "edge_sequences": "one a device of an agent",
    "fault_classes": "few: codes",
    "handovers": "see HANDOVERS",
    "heartbeats": "one a process",
    "incident_events": "a few an incident",
    "incidents": "of ninety days: one a rule and subject at a time",
    "legal_holds": "acts of persons: few",
    "lone_tries": "empties itself",
    "outbox": "empties itself",
    "partner_queries": "of one hour",
    "pauses": "few: operations",
    "person_pauses": "few: operations",
    "replay_items": "acts of persons: few",
    "comparisons": "acts of persons: few",
    "replay_work": "acts of persons: few",
    "replay_plans": "acts of persons: few",
    "sent_forms": "of one day",
    "sign_in_failures": "of one day",
    "store_identity": "one row",
    "used_nonces": "of six minutes",
    "user_devices": "ten a person",
    "user_keys": "one a person",
    "user_recovery_codes": "ten a person",
    "user_sessions": "of one day",
    "users": "a row for each act of a person",
    "surveys": "belong to no dossier",
    "failure_samples": "a row a group of failures and five minutes, of one week",
    "selection_notes": "acts of persons: few",
    "flow_samples": "a row a destination and minute, of one week",
    "webhook_waiting": "what a receiver did not take: 500 an address at most",
    "webhooks": "a row for each act of a person",
    "unnumbered_changes": "empties itself",
    "tasks": "their dossiers are not copied",
}

"""Which tables grow with every message or dossier, and which do not.

A table that grows is read by an index: a scan takes longer with every year. What nevertheless has
to read all of one says so in `tests/contract/store/connections/test_no_scans.py`, with its reason.
"""

GROWING = frozenset(
    {
        "archived_dossiers",
        "attempts",
        "audit",
        "blobs",
        "changes",
        "deliveries",
        "dossier_events",
        "dossier_files",
        "dossier_keys",
        "dossier_names",
        "dossiers",
        "handovers",
        "inbox",
        "journal",
        "lanes",
        "leg_steps",
        "legs",
        "replay_items",
        "surveys",
        "tasks",
    }
)
BOUNDED = frozenset(
    {
        "alert_messages",  # of thirty days, a few a day
        "alert_silences",  # a row for each act of a person
        "approvals",  # a row for each act of a person
        "archive_files",  # a row a month, or 5,000 dossiers
        "balance_checks",  # a row a kind of check
        "chain_anchors",  # a row a chain
        "chain_heads",  # a row a chain
        "change_epochs",  # a row a restore
        "change_feed",  # one row
        "client_calls",  # a row a client and second, of one minute
        "client_secrets",  # a row for each act of a person
        "client_tokens",  # of five minutes
        "clients",  # a row for each act of a person
        "contracts",  # a row a partner
        "device_states",  # a row a device
        "ticket_series",  # a row a category and day, of thirty days
        "tickets",  # of thirty days
        "disk_samples",  # a row a machine and day, of one month
        "delivery_counts",  # a row a destination and state
        "delivery_count_changes",  # folded every minute
        "dossier_claims",  # what is held now, an hour at most
        "drift",  # a few hundred rows a partner
        "edge_agents",  # a row for each act of a person
        "edge_prints",  # of ninety days, a row for each try at a printer of a workstation
        "edge_numbers",  # what agents hold, and of ninety days
        "edge_sequences",  # a row a device and spool of an agent
        "failure_samples",  # a row a group and five minutes, of one week
        "fault_classes",  # a row a code
        "file_findings",  # a kept file each, until it was looked after
        "flow_samples",  # a row a destination and minute, of one week
        "incident_events",  # a few an incident
        "incidents",  # of ninety days, one a rule and subject at a time
        "heartbeats",  # a row a process
        "legal_holds",  # a row for each act of a person
        "lone_tries",  # what waits, only
        "outbox",  # what the broker has not confirmed
        "partner_queries",  # of one hour, at most half of a quota
        "pauses",  # a row an operation
        "comparisons",  # a row for each act of a person
        "replay_work",  # a row for each act of a person
        "person_pauses",  # a row an operation
        "replay_plans",  # a row for each act of a person
        "selection_notes",  # a row for each act of a person
        "sent_forms",  # of one day
        "sign_in_failures",  # of one day, at most ten thousand
        "store_identity",  # one row
        "user_devices",  # at most ten a person
        "user_keys",  # one a person
        "user_recovery_codes",  # ten a person
        "user_sessions",  # at most twenty a person
        "users",  # a row for each act of a person
        "webhook_waiting",  # at most a few hundred rows a webhook
        "webhooks",  # a row for each act of a person
        "unnumbered_changes",  # what has no place in the feed yet
        "used_nonces",  # a row a signed call, of the last minutes of its client
        "uploads",  # what a client may have open, and what ended since yesterday
    }
)

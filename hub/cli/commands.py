"""What commands there are: the words of each, its module, and what `hub --help` says of it.

A list is made from this table alone. Read from the commands themselves, it would load the web
server, SOAP and both databases for a few dozen lines. tests/unit/documents/test_cli_root.py holds
the table and the commands together, both ways.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a command is and its first sentence; a command is named in its module by its last
    word."""

    module: str
    sentence: str


GROUPS = {
    "deliveries": "Deliveries that wait for a person: list, settle, send again.",
    "messages": "Messages that were parked.",
    "dossier": "All that is known of a dossier.",
    "broker": "What the hub has at RabbitMQ, and a private RabbitMQ to try the hub with.",
    "partners": "What is known of the partners: profiles, pauses, procedures, differences.",
    "tasks": "What a person has to look after.",
    "faults": "What fault codes mean, who fixes them and how.",
    "clients": "Clients that may call the hub, and their secrets.",
    "topology": "Exchanges, queues and policies at the broker.",
    "audit": "The chained logs: audit and hand-overs.",
    "archive": "Archive what has ended; erase personal data.",
}
DEFAULTS = {"tasks": "list", "faults": "list"}
"""What a group does when no command of it is given."""

COMMANDS = {
    "run": Entry("hub.cli.installation.run", "Run the hub until SIGTERM or Ctrl-C."),
    "demo": Entry(
        "hub.cli.installation.demo",
        "Replay the pilot of 24/7 to 15/9/2018 through a real hub and count what came of it.",
    ),
    "simulate": Entry(
        "hub.cli.installation.simulate",
        "Run a partner's simulator in the foreground; `hub simulate province --help` shows how.",
    ),
    "migrate": Entry(
        "hub.cli.installation.migrate",
        "Bring the database to this program's schema, or make it; never backwards, a second time"
        " safe.",
    ),
    "doctor": Entry(
        "hub.cli.installation.doctor",
        "Check everything that the hub stands on, and name the fix of what is wrong.",
    ),
    "health": Entry(
        "hub.cli.installation.health",
        "Check whether the hub's roles on this machine work; asks neither broker nor partner.",
    ),
    "verify": Entry(
        "hub.cli.evidence.verify",
        "Show the conservation of deliveries, per destination and state.",
    ),
    "version": Entry("hub.cli.installation.version", "Print the version."),
    "deliveries attention": Entry(
        "hub.cli.deliveries.attention",
        "List what waits for a person: deliveries, messages, papers, gaps in the town's steps.",
    ),
    "deliveries complete": Entry(
        "hub.cli.deliveries.settle",
        "Record that a delivery was taken to the partner on paper; its retries stop.",
    ),
    "deliveries resolve": Entry(
        "hub.cli.deliveries.settle",
        "Settle an ambiguous delivery by what you found at the partner: delivered or absent.",
    ),
    "deliveries cancel": Entry(
        "hub.cli.deliveries.settle", "Take a delivery out; what waits behind it goes on."
    ),
    "deliveries replay": Entry(
        "hub.cli.deliveries.replay",
        "Send dead deliveries again, same message id: one now, or many by --plan and --run.",
    ),
    "deliveries resend": Entry(
        "hub.cli.deliveries.resend",
        "Send a corrected copy in the place of a dead delivery; shows what differs first.",
    ),
    "messages retry": Entry(
        "hub.cli.messages.retry",
        "Take parked messages up again, after their cause was fixed: by id, or all of a selection.",
    ),
    "dossier trail": Entry(
        "hub.cli.dossier.trail",
        "Print the control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ).",
    ),
    "broker requeue": Entry(
        "hub.cli.broker.requeue",
        "Enqueue all unsettled work again after the broker was replaced; nothing goes twice.",
    ),
    "broker node": Entry(
        "hub.cli.broker.node",
        "Run a private RabbitMQ node (loopback only) until Ctrl-C and print how to use it.",
    ),
    "partners show": Entry(
        "hub.cli.partners.show",
        "Print the profile of a partner that holds, and where each value comes from.",
    ),
    "partners pauses": Entry(
        "hub.cli.partners.pauses",
        "Show what is paused: partner, operation, why, since and until when, what waits.",
    ),
    "partners procedures": Entry(
        "hub.cli.partners.procedures",
        "List the procedures in force, or compare them with the province's; changes nothing.",
    ),
    "partners compare": Entry(
        "hub.cli.partners.compare",
        "Compare ward, hub and partners for the dossiers of a day; differences become tasks.",
    ),
    "partners drift": Entry(
        "hub.cli.partners.drift",
        "List how the partners' replies, and the contracts that they serve, differ, newest first.",
    ),
    "partners rehearse": Entry(
        "hub.cli.partners.rehearse",
        "Walk through a partner's real endpoint and print a protocol that people can sign.",
    ),
    "tasks list": Entry("hub.cli.installation.tasks", "List the open tasks, most urgent first."),
    "tasks done": Entry("hub.cli.installation.tasks", "Close a task by hand."),
    "faults list": Entry(
        "hub.cli.installation.faults", "Print the fault dictionary, and what has to be classified."
    ),
    "faults classify": Entry(
        "hub.cli.installation.faults",
        "Say what an unknown code means: for all that wait with it, and for all to come.",
    ),
    "clients add": Entry(
        "hub.cli.access.clients", "Add a client with its first secret; the secret is shown once."
    ),
    "clients rotate": Entry(
        "hub.cli.access.clients",
        "Give a client a second secret; the first works until it is retired or ends.",
    ),
    "clients retire": Entry(
        "hub.cli.access.clients",
        "Retire one secret of a client, or the client with all of them; it is refused from then"
        " on.",
    ),
    "clients list": Entry(
        "hub.cli.access.clients",
        "List clients, their rights and their secrets: ends and last uses, never a secret.",
    ),
    "topology validate": Entry("hub.cli.broker.topology", "Check the topology's own sense."),
    "topology plan": Entry(
        "hub.cli.broker.topology", "Show where the live broker differs; changes nothing."
    ),
    "topology apply": Entry(
        "hub.cli.broker.topology", "Bring the topology about at the live broker."
    ),
    "topology adopt": Entry(
        "hub.cli.broker.topology",
        "Take over queues that belong to another store, whose hub has gone for good.",
    ),
    "topology export": Entry(
        "hub.cli.broker.topology", "Print the topology as RabbitMQ definitions (JSON)."
    ),
    "audit verify": Entry(
        "hub.cli.evidence.audit",
        "Check that no row of audit and hand-overs was changed or removed, the last one neither.",
    ),
    "archive run": Entry(
        "hub.cli.archive.run", "Archive and erase what is old enough, deliveries go first."
    ),
    "archive verify": Entry(
        "hub.cli.archive.files",
        "Check every archive file against its manifest and the chain of manifests.",
    ),
    "archive restore": Entry(
        "hub.cli.archive.files",
        "Bring an archived dossier back into the database; it gets a legal hold until released.",
    ),
    "archive erase": Entry(
        "hub.cli.archive.erase",
        "Erase the personal data of a dossier that has ended, everywhere; its evidence stays.",
    ),
    "archive hold": Entry(
        "hub.cli.archive.holds", "Keep a dossier from being archived or erased (legal hold)."
    ),
    "archive release": Entry(
        "hub.cli.archive.holds", "Release a dossier that was held or restored."
    ),
    "archive holds": Entry("hub.cli.archive.holds", "List the dossiers that are held."),
    "archive compact": Entry(
        "hub.cli.archive.compact",
        "SQLite, the hub stopped: make the file anew once, so that it gives free room back later.",
    ),
}
"""Each command by its words: one at the top, or a group and a word."""

FORMER = {
    "stuck": "deliveries attention",
    "by-hand": "deliveries complete",
    "resolve": "deliveries resolve",
    "cancel": "deliveries cancel",
    "replay": "deliveries replay",
    "resend": "deliveries resend",
    "unpark": "messages retry",
    "slip": "dossier trail",
    "balance": "verify",
    "rebuild": "broker requeue",
    "broker": "broker node",
    "pauses": "partners pauses",
    "procedures": "partners procedures",
    "reconcile": "partners compare",
}
"""Verbs of release 0.1, which work in this release only, and the commands that they are now.

`hub broker` is a group now; without one of its words it does what it did."""

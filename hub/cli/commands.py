"""What commands there are: the words of each, and its module.

In its module a command is named by its last word. What the help says of it is the text
`help.<words>` (hub/texts/help.toml). A list is made from this table and those texts alone: read
from the commands themselves, it would load the web server, SOAP and both databases for a few dozen
lines. tests/unit/documents/commands/test_cli_root.py holds the table and the commands together.
"""

GROUPS = (
    "deliveries",
    "messages",
    "dossier",
    "broker",
    "partners",
    "tasks",
    "faults",
    "clients",
    "webhooks",
    "users",
    "topology",
    "audit",
    "archive",
)
DEFAULTS = {"tasks": "list", "faults": "list"}
"""What a group does when no command of it is given."""

COMMANDS = {
    "run": "hub.cli.installation.run",
    "demo": "hub.cli.installation.demo",
    "simulate": "hub.cli.installation.simulate",
    "migrate": "hub.cli.installation.migrate",
    "doctor": "hub.cli.installation.doctor",
    "health": "hub.cli.installation.health",
    "verify": "hub.cli.evidence.verify",
    "version": "hub.cli.installation.version",
    "deliveries attention": "hub.cli.deliveries.attention",
    "deliveries complete": "hub.cli.deliveries.settle",
    "deliveries resolve": "hub.cli.deliveries.settle",
    "deliveries cancel": "hub.cli.deliveries.settle",
    "deliveries replay": "hub.cli.deliveries.replay",
    "deliveries resend": "hub.cli.deliveries.resend",
    "messages retry": "hub.cli.messages.retry",
    "dossier trail": "hub.cli.dossier.trail",
    "broker requeue": "hub.cli.broker.requeue",
    "broker node": "hub.cli.broker.node",
    "partners show": "hub.cli.partners.show",
    "partners pauses": "hub.cli.partners.pauses",
    "partners procedures": "hub.cli.partners.procedures",
    "partners compare": "hub.cli.partners.compare",
    "partners drift": "hub.cli.partners.drift",
    "partners rehearse": "hub.cli.partners.rehearse",
    "tasks list": "hub.cli.installation.tasks",
    "tasks done": "hub.cli.installation.tasks",
    "faults list": "hub.cli.installation.faults",
    "faults classify": "hub.cli.installation.faults",
    "clients add": "hub.cli.clients.manage",
    "clients rotate": "hub.cli.clients.manage",
    "clients change": "hub.cli.clients.change",
    "clients retire": "hub.cli.clients.manage",
    "clients list": "hub.cli.clients.manage",
    "webhooks list": "hub.cli.webhooks.manage",
    "webhooks add": "hub.cli.webhooks.manage",
    "webhooks rotate": "hub.cli.webhooks.manage",
    "webhooks retire": "hub.cli.webhooks.manage",
    "webhooks replay": "hub.cli.webhooks.manage",
    "webhooks test": "hub.cli.webhooks.manage",
    "webhooks resume": "hub.cli.webhooks.manage",
    "users add": "hub.cli.users.manage",
    "users change": "hub.cli.users.manage",
    "users list": "hub.cli.users.sessions",
    "users retire": "hub.cli.users.manage",
    "users reset-totp": "hub.cli.users.manage",
    "users key": "hub.cli.users.manage",
    "users sessions": "hub.cli.users.sessions",
    "users revoke": "hub.cli.users.sessions",
    "topology validate": "hub.cli.broker.topology",
    "topology plan": "hub.cli.broker.topology",
    "topology apply": "hub.cli.broker.topology",
    "topology adopt": "hub.cli.broker.topology",
    "topology export": "hub.cli.broker.topology",
    "audit verify": "hub.cli.evidence.audit",
    "archive run": "hub.cli.archive.run",
    "archive verify": "hub.cli.archive.files",
    "archive restore": "hub.cli.archive.files",
    "archive erase": "hub.cli.archive.erase",
    "archive hold": "hub.cli.archive.holds",
    "archive release": "hub.cli.archive.holds",
    "archive holds": "hub.cli.archive.holds",
    "archive compact": "hub.cli.archive.compact",
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
"""Verbs of release 0.2, which work in 0.3 and are gone in 0.4, and the commands that they are now.

`hub broker` is a group now; without one of its words it does what it did."""

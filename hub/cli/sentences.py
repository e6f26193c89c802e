"""What `hub --help` says of each command: its first sentence, without loading the command.

The sentences are those of the commands' own help; tests/unit/documents/test_cli_root.py compares
them. Read from there, the list would load the web server, SOAP and both databases for two dozen
lines.
"""

SENTENCES = {
    "run": "Run the hub until SIGTERM or Ctrl-C.",
    "demo": "Replay the pilot of 24/7 to 15/9/2018 through a real hub and count what came of it.",
    "broker": "Run a private RabbitMQ node (loopback only) until Ctrl-C and print how to use it.",
    "simulate": (
        "Run a partner's simulator in the foreground; `hub simulate province --help` shows how."
    ),
    "migrate": (
        "Bring the database to this program's schema, or make it; never backwards, a "
        "second time safe."
    ),
    "doctor": "Check everything that the hub stands on, and name the fix of what is wrong.",
    "health": "Tell whether the hub's roles on this machine work; asks neither broker nor partner.",
    "rebuild": (
        "The broker was emptied or replaced: ask again for everything unsettled; nothing twice."
    ),
    "balance": "Show the conservation of deliveries, per destination and state.",
    "stuck": (
        "List what waits for a person: deliveries, messages, papers, gaps in the town's steps."
    ),
    "pauses": "Show what is paused: partner, operation, why, since and until when, what waits.",
    "cancel": "Take a delivery out; what waits behind it goes on.",
    "by-hand": "Record that a delivery was taken to the partner on paper; its retries stop.",
    "resolve": (
        "Settle an ambiguous delivery by what you found at the partner: delivered or absent."
    ),
    "replay": "Send dead deliveries again, same message id: one now, or many by --plan and --run.",
    "resend": "Send a corrected copy in the place of a dead delivery; shows what differs first.",
    "unpark": (
        "Take parked messages up again, after their cause was mended: by id, or all of a selection."
    ),
    "reconcile": (
        "Compare ward, hub and partners for the dossiers of a day; differences become tasks."
    ),
    "tasks": "What a person has to look after.",
    "procedures": (
        "List the procedures in force, or compare them with the province's; changes nothing."
    ),
    "partners": "What is known of the partners.",
    "topology": "Exchanges, queues and policies at the broker.",
    "faults": "What fault codes mean, who mends them and how.",
    "clients": "Clients that may call the hub, and their secrets.",
    "slip": "Print the control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ).",
    "audit": "The chained logs: audit and hand-overs.",
    "archive": "Archive what has ended; erase personal data.",
    "version": "Print the version.",
}

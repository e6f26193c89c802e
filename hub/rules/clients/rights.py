"""The rights that a client may be given, by name, each with its sentence.

A name that is not here cannot be given to a client: a mistyped one must not look like a
right. A new route adds its right here and requires it by the same name.
"""

RIGHTS = {
    "messages.accept": "hand in a message of a device or a counter",
    "files.store": "store a file that a message will refer to",
    "files.fetch": "fetch a stored file by its sha256",
    "edge.exchange": "hand in events of the own devices, as an agent on a workstation",
    "dossiers.submit": "hand in a dossier that was submitted online",
    "dossiers.read": "read the state, timeline and files of a dossier",
    "dossiers.list": "list the dossiers of a day",
    "dossiers.claim": "claim dossiers that wait to be received, for a time",
    "dossiers.set_status": "set the status of a dossier",
    "dossiers.request_supplement": "ask the applicant for more papers",
    "dossiers.request_payment": "tell a financial obligation",
    "dossiers.correct_procedure": "tell that the wrong procedure was chosen",
    "dossiers.issue_result": "hand over the result of a dossier",
    "dossiers.fetch_file": "fetch a file of a dossier",
    "webhooks.read": "read how the own webhooks do",
    "webhooks.replay": "have events of the own webhooks sent again, or a test event",
    "changes.read": "read which dossiers changed, in one order",
    "counter.kiosk": "be the kiosk in the hall",
    "counter.display": "be an information display in the hall",
}
"""Each name, `object.verb`, and what it allows."""

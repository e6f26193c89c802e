"""The operations of the hub that a client may be allowed, by name, each with its sentence.

An operation that is not here cannot be allowed to a client: a mistyped name must not look like a
right. A new route adds its operation here and asks for it by the same name.
"""

OPERATIONS = {
    "messages.accept": "hand in a message of a device or a counter",
    "files.store": "store a file that a message will refer to",
    "files.fetch": "fetch a stored file by its sha256",
}
"""Each name, `object.verb`, and what it allows."""

"""The records' queue: each message is handled once; one of which the process dies is isolated."""

"""The way out of the store: messages are emitted in a transaction, and published by the relay."""

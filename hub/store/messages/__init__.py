"""Messages in the store: journal, inbox, outbox, file bodies, and what is parked."""

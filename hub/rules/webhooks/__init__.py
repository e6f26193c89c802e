"""Rules of webhooks: how an event is signed, where one may go, when one is sent again."""

"""Messages that were set aside: their list, the page of one, taking up again, discarding."""

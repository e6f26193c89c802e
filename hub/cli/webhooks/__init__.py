"""Commands about the addresses that changes are sent to."""

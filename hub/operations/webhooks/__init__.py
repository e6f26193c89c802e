"""What a person decides about webhooks: where changes are sent to, with which secret."""

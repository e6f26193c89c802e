"""Tells persons without their looking: measures, evaluates, stores messages, sends them."""

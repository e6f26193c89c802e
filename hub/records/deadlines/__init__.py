"""The working calendar and the due dates."""

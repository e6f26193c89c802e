"""A partner that calls back: its own threads, its signature, its refused calls as tasks."""

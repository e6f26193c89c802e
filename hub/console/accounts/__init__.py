"""The accounts of persons: their list, the page of one, and what those who manage them do."""

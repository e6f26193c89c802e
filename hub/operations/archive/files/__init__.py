"""Archive files: their form, written, sealed, read back, compared and verified."""

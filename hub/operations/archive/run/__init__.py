"""One run of the archive: what it takes, in which batches, what it deletes, and its report."""

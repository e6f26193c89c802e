"""Retention: what has ended leaves the database into verifiable files, and personal data ends.

`archiving` runs it, `writing` makes a file, `comparing` reads it back, `deleting` takes the rows
out, `erasing` ends personal data, `restoring` brings a dossier back, `verifying` checks all files.
Every decision of a person has a name and a reason in the audit.
"""

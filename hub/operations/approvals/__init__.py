"""Acts that need a second person: edit (a corrected copy), discard (cancel), override (unasked)."""

"""The archive's statements: candidates, rows, files and their chain, legal holds, free pages."""

"""The chaos suite: real processes, real faults, figures from the stores and the ledgers."""

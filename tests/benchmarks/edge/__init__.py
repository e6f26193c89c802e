"""A hundred agents on one hub process while their lines are cut at random."""

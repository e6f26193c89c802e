"""The comparison with a list that an officer exported at a partner."""

"""The contracts that partners serve: fetched once a day, compared, and told when they change."""

"""Stories on PostgreSQL: transactions of several processes interleave, statement by statement."""

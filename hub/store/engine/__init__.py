"""The database itself: transactions, connections and how they are watched."""

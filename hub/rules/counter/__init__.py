"""The ward's counter: what its queue of tickets has, pure."""

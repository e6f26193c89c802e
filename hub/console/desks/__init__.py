"""The queue of tickets at the counter: the desks, and the page that an officer works at."""

"""One login for all threads, and how a partner says that it is over."""

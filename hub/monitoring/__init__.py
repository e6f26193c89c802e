"""The health port of a process: whether it lives, whether its roles work, its figures."""

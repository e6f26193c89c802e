"""Commands about the persons who may use console and command line."""

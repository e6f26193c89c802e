"""The persons who may use console and command line: what they prove themselves with, sessions."""

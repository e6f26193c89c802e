"""The composition root: the only room that knows the concrete parts and puts them together."""

"""Settling one delivery on its page: what is offered, and what each form does."""

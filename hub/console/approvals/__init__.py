"""The inbox of acts that need a second person: what waits for the visitor, and own proposals."""

"""Commands about acts that need a second person."""

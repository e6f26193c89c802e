"""What goes from the spool to the hub: files first, then the events that name them."""

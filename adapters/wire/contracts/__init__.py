"""What a partner serves of its own contract: fetched within limits, and read into one form."""

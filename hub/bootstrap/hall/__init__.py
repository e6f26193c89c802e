"""The pages of the hall, put together."""

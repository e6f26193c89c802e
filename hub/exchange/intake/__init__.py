"""The way in: a message is checked, stored durably and answered."""

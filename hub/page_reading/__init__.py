"""Reads scanned pages: codes, blank pages, crooked ones; and makes the document of each segment."""

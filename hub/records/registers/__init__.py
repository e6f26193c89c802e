"""Dated data of the field: agencies, procedures, call limits of partners, survey forms."""

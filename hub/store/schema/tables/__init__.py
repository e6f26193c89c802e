"""All tables, by what they remember; a DBA reads the product from here."""

"""All tables, and the steps that bring a database to them; a DBA reads the product from here."""

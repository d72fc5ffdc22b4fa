"""One history of the database, told in SQL."""

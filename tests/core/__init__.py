"""The ground floor: the database, its supervisor, numbers, words and clocks."""

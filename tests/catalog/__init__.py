"""The catalog: units, lists and search."""

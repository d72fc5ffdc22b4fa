"""Price lists and discount programmes out of Excel and Word files: tried first, then applied, and undone as a whole."""

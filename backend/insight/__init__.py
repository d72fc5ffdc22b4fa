"""Floor 6: what the work adds up to: revenue by region, the day, an account. Reads everything, writes nothing below."""

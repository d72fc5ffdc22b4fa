"""Floor 0: what every room needs and nobody trades in."""

"""Prices: the rules alone, the two engines against each other, and quotes from a real database."""

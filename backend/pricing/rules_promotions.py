"""Promotions of an order. Pure."""

from backend.pricing.rules_order import Order


def promote(order: Order) -> None:
    """Apply the book's promotions: the line stage, then the order stage."""

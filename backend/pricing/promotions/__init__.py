"""Promotions without code: editing, warnings, states, trying them before they go live."""

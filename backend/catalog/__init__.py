"""Catalog: items, their groups, units and packagings, taxes, currencies and reasons."""

"""Pricing: price lists, promotions and the price brain the phone and the office share."""

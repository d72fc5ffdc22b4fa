"""Commercial terms: what a customer group, a customer or the company sets, and which of them holds for whom."""

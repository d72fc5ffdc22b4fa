"""Stock: the numbers, the ledger, the last piece."""

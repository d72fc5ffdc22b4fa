"""Approvals: who may say yes, and once."""

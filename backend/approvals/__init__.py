"""Approvals: questions that need a person's yes, and the answers given."""

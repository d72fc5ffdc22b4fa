"""Tests of backend/customers."""

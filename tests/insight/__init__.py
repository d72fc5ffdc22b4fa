"""Tests of backend/insight."""

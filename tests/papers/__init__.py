"""Tests of backend/papers."""

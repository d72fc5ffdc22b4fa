"""Tests of backend/notices."""

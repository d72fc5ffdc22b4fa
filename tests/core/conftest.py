"""Fixtures of the tests of the ground."""

from tests.core.keeping import app, bare, folder, shared

__all__ = ["app", "bare", "folder", "shared"]

"""Tests of the door for phones."""

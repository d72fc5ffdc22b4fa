"""Measurements: always a ratio to a limit taken in the same run, never a verdict in seconds."""

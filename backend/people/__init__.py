"""Floor 1: people, their roles, the reporting line, sessions and devices."""

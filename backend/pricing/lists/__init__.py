"""Price lists: reading, editing, and what a customer would pay and why."""

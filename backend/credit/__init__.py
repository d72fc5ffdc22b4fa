"""Credit: what a customer may owe, what is owed now, and who stopped or let pass what."""

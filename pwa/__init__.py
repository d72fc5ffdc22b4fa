"""The door for people: the phone app's source, its build and the handlers that serve it."""

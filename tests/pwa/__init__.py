"""The door for people: how the built app is served, what it may weigh, and its unit tests' neighbours."""

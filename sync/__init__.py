"""The door for phones: what they hand in (push), what they may hold (pull), their files and the live signal."""

"""The servers the door for phones is compared with, each with the client that speaks its best form."""

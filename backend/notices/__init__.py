"""Floor 2: telling people: the in-app inbox, and push messages to the browsers that asked for them."""

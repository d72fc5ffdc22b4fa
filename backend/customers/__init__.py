"""Floor 3: who we sell to: leads and accounts, their groups, contacts and the position that looks after them."""

"""Orders: from the phone to the gate, one file per verb."""

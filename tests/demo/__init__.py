"""Tests of the demo company: what people are told about it is true, and every counter agrees with its documents."""

"""Values that lost a merge: who may look at them, and settling one."""

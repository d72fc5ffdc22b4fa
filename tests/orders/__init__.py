"""Orders: placing, deciding, cancelling, picking, dispatching, under real concurrency."""

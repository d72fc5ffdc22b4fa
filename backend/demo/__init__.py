"""The demo company: generated, seeded, realistic; made of the same rows a real company would have."""

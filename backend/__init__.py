"""The office: one slice for each thing the company does, stacked on floors that look down only."""

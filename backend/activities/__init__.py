"""Activities: visits with their check-in, expenses, and the photographs and papers of both."""

"""Geography: addresses in both Vietnamese regimes, positions, region sets and the map shapes."""

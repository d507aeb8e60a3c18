"""Agreement between coders: coefficients in pure numpy, on counts."""

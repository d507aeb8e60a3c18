"""What ``comb doctor --privacy`` tests: a trial run without a network, and where the study lies."""

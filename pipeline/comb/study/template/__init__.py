"""The files of a new study, as ``comb init`` writes them."""

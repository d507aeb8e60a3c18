"""A local language model as one more coder: where it runs, what it is asked, what its answers count for."""

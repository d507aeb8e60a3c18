"""A local language model as one more coder: where it runs, what it is asked, and how its answers are used."""

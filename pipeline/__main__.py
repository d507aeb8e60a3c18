"""``python -m pipeline`` is ``comb``."""

from pipeline.cli import main

main()

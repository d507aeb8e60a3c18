"""``python -m comb`` is ``comb``."""

from comb.cli import main

main()

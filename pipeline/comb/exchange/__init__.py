"""Exchange with the software that researchers use."""

"""A study on disk: where each file lies, reading and writing them, and its params."""
